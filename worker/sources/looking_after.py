"""Whether what there is or may be audio of stands in its CMS as it was seen: what is deleted is in no list of changes.

Asked after at each poll: all of it by glances, where the source can give them; closely the newest, some that no poll
told of yet, and those left alone the longest. What fails, or is told of by nobody, keeps no other from its turn. What
follows from what is found is `briefing.following.noticing`'s.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from itertools import chain, zip_longest
from time import monotonic
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, or_, select, update

from briefing.audience.figures import most_heard
from briefing.errors import BriefcastError, DatabaseUnavailable
from briefing.following import connections, noticing
from briefing.models import ArticleRow, SightingRow
from worker.sources import Glancing, polling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from briefing.following.noticing import Desk
    from briefing.following.sightings import Seen
    from worker.sources import Polled
    from worker.workplace import Workplace

#: Articles looked at closely at once: the newest at every poll, of the others as many in turn.
_AT_ONCE = 50

#: How long the others are left alone at least.
_REST = timedelta(minutes=5)

#: Of those found otherwise than they were seen, so many are asked for at once, with their texts.
_CLOSER = 15

#: Articles of one glance.
_GLANCE = 100

#: Articles glanced at first at every poll: those heard most, of which no more than half, then the newest.
_FIRST = 1000

#: Of all others so many in turn.
_IN_TURN = 1000

#: What of an audience counts as lately.
_LATELY = timedelta(days=7)

#: Seconds after which no further glance is begun: the next poll is to come within a minute of this one.
_GLANCES_S = 15.0

#: Failures after which a poll asks no more: it is not the articles then.
_MOST_FAILED = 3


@dataclass
class Turn:
    """How far a source's turns have got, by articles' IDs. Kept with its step, for whoever is at it next."""

    glanced: str = ""
    unseen: str = ""

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> Turn:
        """Return what a step keeps; the beginning of one that keeps nothing."""
        kept = payload.get("turn", {})
        return cls(kept.get("glanced", ""), kept.get("unseen", ""))

    def kept_in(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Return a step's payload with it."""
        return {**payload, "turn": asdict(self)}


def look_after(place: Workplace, desk: Desk, source: Polled, now: datetime, turn: Turn) -> None:
    """Look whether articles are as they were seen, and closer at those that are not. Moves the turn on, also where it
    fails. Raises what the source raises, once the others were asked after.
    """

    def look(ids: Sequence[str]) -> None:
        with place.database.writing() as session:
            # Before they are asked after: what fails, or is told of by nobody, goes to the end.
            connections.locked(session, desk.source, now)
            those = (SightingRow.source == desk.source, SightingRow.article_id.in_(ids))
            session.execute(update(SightingRow).where(*those).values(looked_at=now))
        _look_closer(place, desk, source, list(source.look(ids)), now)

    failed = _each(_to_look_at(place, desk.source, now, turn), look)
    if isinstance(source, Glancing):
        glancing = source

        def glance(ids: Sequence[str]) -> None:
            # Whoever sends a webhook meanwhile waits for one answer, not for all.
            polling.look_at_told(place, desk, glancing)
            _look_closer(place, desk, glancing, list(glancing.glance(ids)), now)

        failed += _each(_to_glance_at(place, desk.source, now, turn), glance)
    if failed:
        raise failed[0]


def _each(asked: Iterable[list[str]], ask: Callable[[list[str]], None]) -> list[BriefcastError]:
    """Ask after some articles and then others; return what went wrong with some, which holds up none of the others."""
    failed = list[BriefcastError]()
    for ids in asked:
        try:
            ask(ids)
        except DatabaseUnavailable:
            raise
        except BriefcastError as error:
            failed.append(error)
            if len(failed) == _MOST_FAILED:
                break
    return failed


def _to_look_at(place: Workplace, source: str, now: datetime, turn: Turn) -> Iterator[list[str]]:
    """Give the IDs of articles that there is or may be audio of: some never seen, those left alone the longest, and the
    newest. Apart, so that what some fail by is not the others'.
    """
    there = _there(source).where(or_(SightingRow.state.is_(None), SightingRow.state != "gone"))
    with place.database.reading() as session:
        newest = session.scalars(
            there.where(SightingRow.updated_at.is_not(None)).order_by(SightingRow.updated_at.desc()).limit(_AT_ONCE)
        ).all()
        # No more of them than half: what a source cannot tell of stays unseen.
        unseen = _following(session, there.where(SightingRow.looked_at.is_(None)), turn.unseen, _AT_ONCE // 2)
        rested = there.where(SightingRow.looked_at < now - _REST).order_by(SightingRow.looked_at)
        others = session.scalars(rested.limit(_AT_ONCE - len(unseen))).all()
    if unseen:
        turn.unseen = unseen[-1]
    yield from (list(ids) for ids in (unseen, [one for one in others if one not in set(newest)], newest) if ids)


def _to_glance_at(place: Workplace, source: str, now: datetime, turn: Turn) -> Iterator[list[str]]:
    """Give the IDs of published articles that there is or may be audio of, some of the first and of the others by
    turns, until the time is over.
    """
    ends_at = monotonic() + _GLANCES_S
    published = _there(source).where(SightingRow.state == "published")
    with place.database.reading() as session:
        newest = session.scalars(published.order_by(SightingRow.updated_at.desc().nulls_last()).limit(_FIRST)).all()
        heard: Sequence[str] = ()
        if len(newest) == _FIRST:
            named = most_heard(session, source, (now - _LATELY).date(), _FIRST // 2)
            heard = session.scalars(published.where(ArticleRow.id.in_(named))).all()
        first = list(dict.fromkeys(chain(heard, newest)))[:_FIRST]
        others = _following(session, published.where(ArticleRow.id.not_in(first)), turn.glanced, _IN_TURN)
    for some, in_turn in zip_longest(_slices(first, _GLANCE), _slices(others, _GLANCE), fillvalue=list[str]()):
        if some:
            yield some
        if in_turn:
            turn.glanced = in_turn[-1]
            yield in_turn
        if monotonic() > ends_at:
            return


def _there(source: str) -> Select[str]:
    """Select the IDs of a source's articles, joined with how they were seen."""
    seen = and_(SightingRow.source == ArticleRow.source, SightingRow.article_id == ArticleRow.id)
    return select(ArticleRow.id).outerjoin(SightingRow, seen).where(ArticleRow.source == source)


def _following(session: Session, those: Select[str], last: str, most: int) -> list[str]:
    """Return which of those are next after the `last`, by their IDs; after the end from the beginning."""
    by_id = those.order_by(ArticleRow.id)
    found = list(session.scalars(by_id.where(ArticleRow.id > last).limit(most)))
    if len(found) < most:
        found += session.scalars(by_id.where(ArticleRow.id <= last).limit(most - len(found)))
    return found


def _look_closer(place: Workplace, desk: Desk, source: Polled, found: Sequence[Seen], now: datetime) -> None:
    """Look closer at what is found otherwise than it was seen, or is corrected and nothing came of it."""
    with place.database.reading() as session:
        kept = session.execute(
            select(SightingRow.article_id, SightingRow.state, SightingRow.updated_at, SightingRow.visibility).where(
                SightingRow.source == desk.source, SightingRow.article_id.in_([seen.id for seen in found])
            )
        )
        before = {row.article_id: (row.state, row.updated_at, row.visibility) for row in kept}
        changed = [
            seen.id
            for seen in found
            if not _is_as(before.get(seen.id), seen) or noticing.missed(session, desk.source, seen, now)
        ]
    for ids in _slices(changed, _CLOSER):
        for seen in source.look(ids):
            polling.notice(place, desk, seen)


def _is_as(before: tuple[str, datetime | None, str | None] | None, seen: Seen) -> bool:
    if before is None:
        return False
    state = "gone" if seen.wanted is False else seen.state
    return before == (state, seen.updated_at, seen.visibility or before[2])


def _slices(ids: Sequence[str], most: int) -> list[list[str]]:
    return [list(ids[at : at + most]) for at in range(0, len(ids), most)]
