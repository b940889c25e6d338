"""What changes of pronunciations concern, read before they are recorded: a writer on SQLite keeps all others waiting,
and to look through a large archive takes seconds. Made good for what has come since, where they are recorded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from briefing.models import VocabularyRow
from briefing.pronunciations import lexicons, radius

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from briefing.pronunciations.changes import Change

#: Revisions noted since, of which each is asked after; of more, all is read anew.
_MOST_SINCE = 1000


@dataclass(frozen=True)
class Foreseen:
    """What was read."""

    changes: tuple[Change, ...]
    briefings: tuple[str, ...]
    """IDs of those concerned, the most heard first."""
    lexicon: str
    """All pronunciations, as a hash: what another one changes is not foreseen."""
    noted: frozenset[int]
    """The revisions whose words were known."""


def foresee(session: Session, changes: Callable[[Session], Sequence[Change]], now: datetime) -> Foreseen:
    """Return what `changes` reads, and the live briefings that this concerns. Raises what `changes` raises."""
    # First, so that what comes while the rest is read has come since.
    lexicon, noted = lexicons.fingerprint(session), _noted(session)
    found = tuple(changes(session))
    return Foreseen(found, tuple(radius.briefings(session, found, now)), lexicon, noted)


def as_of_now(
    session: Session, before: Foreseen | None, changes: Callable[[Session], Sequence[Change]], now: datetime
) -> Foreseen:
    """Return what was foreseen, with the briefings that have come since, behind the others; read anew where somebody
    has changed a pronunciation, or nothing was foreseen. Those withdrawn since are among them.
    """
    since = _noted(session) - before.noted if before is not None else frozenset[int]()
    if before is None or len(since) > _MOST_SINCE or lexicons.fingerprint(session) != before.lexicon:
        return foresee(session, changes, now)
    if not since:
        return before
    found = radius.briefings(session, before.changes, now, since)
    return replace(before, briefings=tuple(dict.fromkeys([*before.briefings, *found])))


def _noted(session: Session) -> frozenset[int]:
    return frozenset(session.scalars(select(VocabularyRow.revision_id)))
