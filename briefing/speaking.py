"""What each chunk asks and says of its revision: who speaks it, how many are left. Without the ORM, and worded once.

Moves no revision (`briefing.revisions`) and speaks nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select, update

from briefing.models import RevisionRow
from briefing.states import RevisionState

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_TABLE = RevisionRow.table()
_THIS = _TABLE.c.id == bindparam("revision")
_SPEAKING = select(_TABLE.c.state, _TABLE.c.voice, _TABLE.c.cast).where(_THIS)
_LOCKED = select(_TABLE.c.id).where(_THIS).with_for_update(key_share=True)
_CHUNK_SPOKEN = (
    update(_TABLE)
    .where(_THIS)
    .values(chunks_left=_TABLE.c.chunks_left - 1, spoken_s=_TABLE.c.spoken_s + bindparam("seconds"))
    .returning(_TABLE.c.chunks_left)
)


@dataclass(frozen=True)
class Speaking:
    """What a chunk needs to know of its revision."""

    state: RevisionState
    voice: str
    """Asked to speak the body."""
    cast: dict[str, Any] | None
    """A dumped `Cast`: who speaks in fact."""


def look(session: Session, revision_id: int) -> Speaking:
    """Return how far a revision has come and who speaks it. Its script and chunks, which may be large, are not read:
    every chunk asks.
    """
    state, voice, cast = session.execute(_SPEAKING, {"revision": revision_id}).one()
    return Speaking(RevisionState(state), voice, cast)


def lock(session: Session, revision_id: int) -> None:
    """Lock a revision as `locked` does, where nothing of it is asked."""
    session.execute(_LOCKED, {"revision": revision_id})


def chunk_spoken(session: Session, revision_id: int, seconds: float) -> int:
    """Count one more chunk as spoken and return how many are left; locks the row, so that exactly one caller sees 0."""
    return int(session.execute(_CHUNK_SPOKEN, {"revision": revision_id, "seconds": seconds}).scalar_one())
