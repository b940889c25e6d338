"""What a source's step does: look at what webhooks told of, at what has changed since, and at what may be gone.

One step for each source, so that one worker of all hosts is at it at a time; it comes again when its pause is over, or
a webhook rouses it. What follows from what is found is `briefing.following.noticing`'s.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from sqlalchemy import and_, or_, select

from briefing.errors import BriefcastError, DatabaseUnavailable, SourceUnavailable, UnknownReference
from briefing.following import connections, noticing
from briefing.following.hooks import Told
from briefing.following.noticing import Desk
from briefing.following.sightings import Seen
from briefing.models import ArticleRow, ConnectionRow, SightingRow
from briefing.observing.logs import get_logger
from briefing.podcasts.shows import listed_sources
from briefing.settings import SpeechSettings
from briefing.values import is_name
from worker.sources import Polled, poll_s

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from briefing.following.connections import Due
    from briefing.following.sightings import Corrected
    from worker.sources import Source
    from worker.workplace import Workplace

#: Looked back behind the newest change: what was saved then may have been committed after we looked.
_OVERLAP = timedelta(seconds=60)

#: Articles asked after at once, whether they are still there: the newest at every poll, of the others as many in turn.
_AT_ONCE = 50

#: How long the others are left alone at least.
_REST = timedelta(minutes=5)

#: How far a CMS's clock may be ahead of ours for nothing to be read twice.
_AHEAD = timedelta(minutes=5)

_log = get_logger("polling")


def tend(place: Workplace) -> None:
    """Have a step for each source that is polled. Called by the sweep; doing it twice at once does no harm."""
    with place.database.reading() as session:
        polled = [name for name, settings in listed_sources(session).items() if poll_s(settings)]
        there = connections.with_step(session) if polled else frozenset()
    for name in sorted(set(polled) - there):
        with place.database.writing() as session:
            connections.rouse(session, name)


def look_at_told(place: Workplace, desk: Desk, source: Source) -> None:
    """Look at the articles that a webhook told of, or that are to be out by now. Raises what the source raises."""
    while True:
        with place.database.reading() as session:
            due = connections.due_looks(session, desk.source, _AT_ONCE)
        if not due:
            return
        by_id = {look.id: look for look in due}
        found = source.look(list(by_id)) if isinstance(source, Polled) else _as_told(due)
        for seen in found:
            _notice(place, desk, seen, by_id.get(seen.id), believed=not isinstance(source, Polled))
        # Of what nothing can be told, nothing follows.
        with place.database.writing() as session:
            connections.looked_at(session, desk.source, due)


def _as_told(due: list[Due]) -> Iterable[Seen]:
    """Return what was told of articles of a source that cannot be asked: it is believed, as it was signed."""
    for look in due:
        if look.told is not None:
            told = Told.stored(look.told)
            gone = told.kind in {"unpublished", "deleted"}
            yield Seen(
                id=look.id,
                address=told.address,
                updated_at=told.updated_at,
                state="gone" if gone else "published",
                visibility=told.visibility,
                wanted=True if told.kind in {"published", "updated"} else None,
                correction=_told_correction(told),
            )


def _told_correction(told: Told) -> Corrected | Literal[False] | None:
    """Return what a webhook says of a correction, False for a save that is none; as in `Seen`."""
    if told.kind == "visibility":
        # Who says for whom it is says nothing of its words.
        return None
    return told.correction or (False if told.kind in {"published", "updated"} else None)


def look_at_changes(place: Workplace, desk: Desk, source: Polled, now: datetime) -> None:
    """Look at what has changed since the last poll, and whether what there is audio of is still there."""
    with place.database.reading() as session:
        row = session.get(ConnectionRow, desk.source)
        cursor = row.cursor if row is not None else None
    if cursor is None:
        # By the CMS's own clock, and nothing of the back catalogue.
        first = next(iter(source.seen(None)), None)
        cursor = min([desk.began_at, *([first.updated_at] if first is not None and first.updated_at else [])])
    newest = cursor
    for seen in source.seen(cursor - _OVERLAP):
        _notice(place, desk, seen)
        # What is dated ahead, as feeds have it, must not keep what is changed until then from being seen.
        newest = max(newest, min(seen.updated_at or newest, now + _AHEAD))
    with place.database.writing() as session:
        connections.locked(session, desk.source, now).cursor = newest
    for ids in _to_look_after(place, desk.source, now):
        _look_after(place, desk, source, ids, now)


def _to_look_after(place: Workplace, source: str, now: datetime) -> list[list[str]]:
    """Return the IDs of the articles that there is or may be audio of: the newest, and those left alone the longest."""
    joined = (
        select(ArticleRow.id)
        .outerjoin(SightingRow, and_(SightingRow.source == ArticleRow.source, SightingRow.article_id == ArticleRow.id))
        .where(ArticleRow.source == source, or_(SightingRow.state.is_(None), SightingRow.state != "gone"))
    )
    with place.database.reading() as session:
        newest = session.scalars(
            joined.where(SightingRow.updated_at.is_not(None)).order_by(SightingRow.updated_at.desc()).limit(_AT_ONCE)
        ).all()
        # Apart, as one database has them first and the other last, behind more than are ever at rest. No more of them
        # than half: what a source cannot tell of stays unseen.
        never_seen = session.scalars(joined.where(SightingRow.looked_at.is_(None)).limit(_AT_ONCE // 2)).all()
        rested = joined.where(SightingRow.looked_at < now - _REST).order_by(SightingRow.looked_at)
        others = [*never_seen, *session.scalars(rested.limit(_AT_ONCE - len(never_seen)))]
    return [list(ids) for ids in (newest, [one for one in others if one not in set(newest)]) if ids]


def _look_after(place: Workplace, desk: Desk, source: Polled, ids: list[str], now: datetime) -> None:
    """Look whether articles are as they were seen, and closer at those that are not, or are corrected and nothing came
    of it.
    """
    found = list(source.look(ids))
    with place.database.writing() as session:
        changed = [
            seen.id
            for seen in found
            if not _is_as_before(session, desk.source, seen, now) or noticing.missed(session, desk.source, seen, now)
        ]
    for identity in changed:
        for seen in source.look([identity]):
            _notice(place, desk, seen)


def _is_as_before(session: Session, source: str, seen: Seen, now: datetime) -> bool:
    row = session.get(SightingRow, (source, seen.id))
    if row is None:
        return False
    row.looked_at = now
    state = "gone" if seen.wanted is False else seen.state
    return (row.state, row.updated_at, row.visibility) == (state, seen.updated_at, seen.visibility or row.visibility)


def _notice(place: Workplace, desk: Desk, seen: Seen, look: Due | None = None, *, believed: bool = False) -> None:
    """Each in a transaction of its own, in which the look that it comes of is done; one that cannot be followed holds
    up no other. `believed`: what was told is all that is known of it, as its source cannot be asked.
    """
    now = datetime.now(UTC)
    if not is_name(seen.id):
        _log.warning(
            "a change of what can be no article's ID is not followed", source=desk.source, article=seen.id[:200]
        )
        return
    said = Told.stored(look.told) if look is not None and look.told is not None else None
    try:
        with place.database.writing() as session:
            if look is not None:
                connections.looked_at(session, desk.source, [look])
            if said is not None and noticing.is_outdated(session, desk.source, seen.id, seen.updated_at):
                return
            if said is not None and seen.correction is None:
                # Only where it cannot be asked for: a webhook may come after what its CMS says by now.
                late = noticing.is_outdated(session, desk.source, seen.id, said.updated_at)
                seen = seen.model_copy(update={"correction": None if late else _told_correction(said)})
            # What was told to be for others may have been edited too: who can be asked says so. Who cannot be asked
            # stamps two saves of a second alike.
            text = not believed or said is None or said.kind != "visibility"
            done = noticing.notice(session, desk, seen, now, text=text, saved=believed)
    except (DatabaseUnavailable, SourceUnavailable):
        raise
    except BriefcastError as error:
        _log.warning("a change is not followed", source=desk.source, article=seen.id, message=error.message)
        return
    if done:
        _log.info("a change is followed", source=desk.source, article=seen.id, done=done)


def desk_of(session: Session, name: str, now: datetime) -> Desk:
    """Return for whom changes of a source are noticed. Raises UnknownReference for one that is not listed."""
    if name not in listed_sources(session):
        message = f"there is no source {name!r}"
        raise UnknownReference(message, code="unknown_source")
    row = session.get(ConnectionRow, name)
    return Desk(name, SpeechSettings().voice, row.began_at if row is not None else now)
