"""Steps as they come into being and as a revision goes on or ends: recorded, readied, cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from briefing.database import database_clock
from briefing.failpoints import Failpoint, reach
from briefing.models import StepRow
from briefing.states import Queue, StepKind, StepState

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def record(  # noqa: PLR0913  the columns of a new row
    session: Session,
    kind: StepKind,
    queue: Queue,
    *,
    revision_id: int | None = None,
    seq: int = 0,
    payload: dict[str, Any] | None = None,
    state: StepState = StepState.READY,
) -> StepRow:
    """Add a step."""
    step = StepRow(
        kind=kind.value,
        queue=queue.value,
        revision_id=revision_id,
        seq=seq,
        payload=payload or {},
        state=state.value,
    )
    session.add(step)
    reach(Failpoint.STEP_RECORDED)
    return step


def has_begun(session: Session, revision_id: int, kind: StepKind) -> bool:
    """Tell whether a worker has taken up a revision's step of that kind, whatever came of it."""
    statement = select(StepRow.id).where(
        StepRow.revision_id == revision_id, StepRow.kind == kind.value, StepRow.state != StepState.READY.value
    )
    return session.scalar(statement.limit(1)) is not None


def ready_waiting(session: Session, revision_id: int, kind: StepKind) -> None:
    """Make a revision's waiting steps of one kind ready."""
    session.execute(
        update(StepRow)
        .where(
            StepRow.revision_id == revision_id,
            StepRow.kind == kind.value,
            StepRow.state == StepState.WAITING.value,
        )
        # It may have been rung for, and put back to waiting: what rang then has been answered.
        .values(state=StepState.READY.value, rung_at=None, ready_at=database_clock())
    )
    reach(Failpoint.STEP_READIED)


def cancel(session: Session, revision_id: int, code: str) -> None:
    """Mark a revision's unfinished steps dead; a worker that holds one finds its fence outdated."""
    session.execute(
        update(StepRow)
        .where(
            StepRow.revision_id == revision_id,
            StepRow.state.in_([StepState.WAITING.value, StepState.READY.value, StepState.LEASED.value]),
        )
        .values(state=StepState.DEAD.value, fence=StepRow.fence + 1, lease_until=None, holder=None, error_code=code)
    )
    reach(Failpoint.STEP_CANCELLED)
