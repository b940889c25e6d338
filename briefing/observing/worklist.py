"""What a newsroom has in hand, in lists: being made, held, failed, lately live; and briefings as people look for them.

Each list is bounded, reads no script, and is found by an index. Reads; records nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import String, and_, cast, exists, func, or_, select
from sqlalchemy.orm import aliased

from briefing.articles.addresses import canonical_address, is_address
from briefing.errors import AddressRefused
from briefing.models import ArticleRow, BriefingRow, RevisionRow, ShowRow
from briefing.requesting.asking import identity
from briefing.states import ACTIVE, RevisionState
from briefing.values import ArticleRef, is_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Row, Select
    from sqlalchemy.orm import Session

#: A failure that nobody has looked at for so long is history.
_FAILED_FOR = timedelta(days=14)

#: Briefings whose titles are looked through, the newest: there is no index of words.
_MOST_TITLES = 5_000

#: Live audio among which samples of voices are looked for, the newest.
_MOST_SAMPLES = 1000

_ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True)
class Work:
    """A briefing with the revision that a list tells of."""

    briefing: str
    show: str
    articles: tuple[str, ...]
    revision: int
    """Its number."""
    state: RevisionState
    title: str
    """Of this revision, or of the last that had one; the first article's name where none had."""
    heard: bool
    """Whether something of the briefing is live."""
    withdrawn: bool
    """Whether it was withdrawn, live or not, and nobody has asked for it anew since."""
    requested_by: str
    voice: str
    created_at: datetime
    finished_at: datetime | None
    error_code: str | None
    error_message: str
    error_hint: str
    chunks_total: int
    chunks_left: int
    spoken_s: float
    approved: bool
    """Whether a second person has given their word."""
    held_by: str | None
    scheduled_at: datetime | None


_earlier = aliased(RevisionRow)
_newer = aliased(RevisionRow)

_TITLE = RevisionRow.card["title"].as_string()
_LAST_TITLE = (
    select(_earlier.card["title"].as_string())
    .where(_earlier.briefing_id == RevisionRow.briefing_id, _earlier.card.is_not(None))
    .order_by(_earlier.number.desc())
    .limit(1)
    .correlate(RevisionRow)
    .scalar_subquery()
)

#: All but what holds kilobytes.
_COLUMNS = (
    RevisionRow.briefing_id,
    BriefingRow.show,
    BriefingRow.articles,
    BriefingRow.live_revision,
    BriefingRow.members_revision,
    RevisionRow.number,
    RevisionRow.state,
    RevisionRow.requested_by,
    RevisionRow.voice,
    RevisionRow.created_at,
    RevisionRow.finished_at,
    RevisionRow.error_code,
    RevisionRow.error_message,
    RevisionRow.error_hint,
    RevisionRow.chunks_total,
    RevisionRow.chunks_left,
    RevisionRow.spoken_s,
    RevisionRow.approved_at,
    BriefingRow.held_at,
    BriefingRow.held_by,
    BriefingRow.scheduled_at,
    BriefingRow.withdrawn_number,
    _TITLE.label("title"),
    _LAST_TITLE.label("last_title"),
)

_IS_NEWEST = ~exists().where(
    _newer.briefing_id == RevisionRow.briefing_id,
    _newer.number > RevisionRow.number,
    _newer.state != RevisionState.UNCHANGED.value,
)


def making(session: Session, most: int) -> list[Work]:
    """Return what is being made, the newest request first."""
    return _found(session, _works().where(_in(ACTIVE)).order_by(RevisionRow.id.desc()).limit(most))


def held(session: Session, most: int) -> list[Work]:
    """Return what waits for an editor, the oldest first."""
    return _found(session, _works().where(_in({RevisionState.HELD})).order_by(RevisionRow.id).limit(most))


def failed(session: Session, now: datetime, most: int) -> list[Work]:
    """Return what failed lately and has neither been made since nor withdrawn, the newest first."""
    since = RevisionRow.finished_at >= now - _FAILED_FOR
    wanted = RevisionRow.number > func.coalesce(BriefingRow.withdrawn_number, 0)
    failures = _works().where(RevisionRow.let_go_at.is_(None), _in({RevisionState.FAILED}), since, wanted, _IS_NEWEST)
    return _found(session, failures.order_by(RevisionRow.finished_at.desc()).limit(most))


def lately_live(session: Session, most: int, offset: int = 0) -> list[Work]:
    """Return what is live, the newest first."""
    live = _works().where(RevisionRow.let_go_at.is_(None), _in({RevisionState.LIVE}))
    return _found(session, live.order_by(RevisionRow.finished_at.desc()).offset(offset).limit(most))


def heard_voices(session: Session) -> dict[str, tuple[str, int]]:
    """Return by voice a briefing that is live and spoken by it, and the revision's number: among the newest."""
    live = (
        select(RevisionRow.voice, RevisionRow.briefing_id, RevisionRow.number)
        .where(RevisionRow.let_go_at.is_(None), _in({RevisionState.LIVE}), RevisionRow.master_key.is_not(None))
        .order_by(RevisionRow.finished_at.desc())
        .limit(_MOST_SAMPLES)
    )
    found: dict[str, tuple[str, int]] = {}
    for voice, briefing, number in session.execute(live):
        found.setdefault(voice, (briefing, number))
    return found


def titles(session: Session, articles: Sequence[str]) -> dict[str, str]:
    """Return the titles of the stories of articles, by "source:id", where there are any."""
    identities = _identities(session, articles)
    found = session.execute(
        select(BriefingRow.identity, _TITLE)
        .join(RevisionRow, RevisionRow.briefing_id == BriefingRow.id)
        .where(BriefingRow.identity.in_(identities), RevisionRow.card.is_not(None))
        .order_by(RevisionRow.number)
    )
    return {identities[key]: title for key, title in found if title}


def one(session: Session, briefing_id: str) -> Work:
    """Return a briefing with its newest revision that did not turn out to be unchanged."""
    mine = _works().where(RevisionRow.briefing_id == briefing_id, RevisionRow.state != RevisionState.UNCHANGED.value)
    return _found(session, mine.order_by(RevisionRow.number.desc()).limit(1))[0]


def search(session: Session, words: str, most: int) -> list[Work]:
    """Return briefings, each with its newest revision: by ID, by an article's name or address, and else by title."""
    newest = _works().where(_IS_NEWEST, RevisionRow.state != RevisionState.UNCHANGED.value)
    ordered = newest.order_by(RevisionRow.id.desc()).limit(most)
    if _ID.fullmatch(words) and (found := _found(session, ordered.where(RevisionRow.briefing_id == words))):
        return found
    if names := _names(session, words):
        stories = select(BriefingRow.id).where(BriefingRow.identity.in_(_identities(session, names)))
        if found := _found(session, ordered.where(RevisionRow.briefing_id.in_(stories))):
            return found
        if found := _found(session, ordered.where(_have(names))):
            return found
    return _found(session, ordered.where(RevisionRow.briefing_id.in_(_titled(words))))


def _titled(words: str) -> Select[tuple[str]]:
    """Return the statement that finds briefings by their title among the newest."""
    finished = (
        select(RevisionRow.briefing_id.label("briefing"), RevisionRow.card["title"].as_string().label("title"))
        .where(RevisionRow.card.is_not(None))
        .order_by(RevisionRow.id.desc())
        .limit(_MOST_TITLES)
        .subquery()
    )
    return select(finished.c.briefing).where(
        and_(*(finished.c.title.icontains(word, autoescape=True) for word in words.split()[:8]))
    )


def _names(session: Session, words: str) -> list[str]:
    """Return the articles, as "source:id", that are named by name or address."""
    if not is_address(words):
        return [words] if all(map(is_name, words.partition(":")[::2])) else []
    try:
        address = canonical_address(words)
    except AddressRefused:
        return []
    rows = session.execute(select(ArticleRow.source, ArticleRow.id).where(ArticleRow.address == address)).all()
    return [f"{source}:{article}" for source, article in rows]


def _have(names: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition of a briefing's having one of the articles among others: all are looked through."""
    written = cast(BriefingRow.articles, String)
    return or_(*(written.contains(f'"{name}"', autoescape=True) for name in names))


def _identities(session: Session, articles: Sequence[str]) -> dict[str, str]:
    """Return the identities that stories of articles may have, each with its article."""
    shows = list(session.scalars(select(ShowRow.slug)))
    return {
        identity(show, "story", (ArticleRef.parse(article),)): article for article in set(articles) for show in shows
    }


def _works() -> Select[Any]:
    return select(*_COLUMNS).join(BriefingRow, BriefingRow.id == RevisionRow.briefing_id)


def _in(states: Sequence[RevisionState] | frozenset[RevisionState] | set[RevisionState]) -> ColumnElement[bool]:
    return RevisionRow.state.in_(sorted(state.value for state in states))


def _found(session: Session, statement: Select[Any]) -> list[Work]:
    return [_work(row) for row in session.execute(statement)]


def _work(row: Row[Any]) -> Work:
    heard = row.live_revision is not None or row.members_revision is not None
    noted = row.withdrawn_number is not None and row.number <= row.withdrawn_number
    return Work(
        briefing=row.briefing_id,
        show=row.show,
        articles=tuple(row.articles),
        revision=row.number,
        state=RevisionState(row.state),
        title=row.title or row.last_title or row.articles[0],
        heard=heard,
        # As `withdrawals.is_withdrawn`.
        withdrawn=not heard and (noted or row.state == RevisionState.RETRACTED.value),
        requested_by=row.requested_by,
        voice=row.voice,
        created_at=row.created_at,
        finished_at=row.finished_at,
        error_code=row.error_code,
        error_message=row.error_message or "",
        error_hint=row.error_hint or "",
        chunks_total=row.chunks_total,
        chunks_left=row.chunks_left,
        spoken_s=row.spoken_s,
        approved=row.approved_at is not None,
        held_by=row.held_by if row.held_at is not None else None,
        scheduled_at=row.scheduled_at,
    )
