"""What each chunk asks and says of its revision: who speaks it, how many are left. Without the ORM, and worded once.

Moves no revision (`briefing.revisions`) and speaks nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Float, Integer, bindparam, select, update

from briefing.models import RevisionRow
from briefing.states import RevisionState

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_TABLE = RevisionRow.table()
_THIS = _TABLE.c.id == bindparam("revision")
_SPEAKING = select(_TABLE.c.state, _TABLE.c.voice, _TABLE.c.cast).where(_THIS)
_COUNTED = (
    update(_TABLE)
    .where(_THIS)
    .values(
        chunks_left=_TABLE.c.chunks_left - bindparam("spoken", type_=Integer),
        spoken_s=_TABLE.c.spoken_s + bindparam("seconds", type_=Float),
    )
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


def count_spoken(session: Session, revision_id: int, chunks: int, seconds: float) -> int:
    """Count so many more chunks as spoken and return how many are left; locks the row, so that exactly one caller sees
    0.
    """
    asked = {"revision": revision_id, "spoken": chunks, "seconds": seconds}
    return int(session.execute(_COUNTED, asked).scalar_one())
