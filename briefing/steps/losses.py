"""Steps whose worker vanished: freed for another, or found to have no claim left.

Freeing changes steps alone and waits for nobody. Giving up concerns the revision, whose row is locked before its steps,
so it comes apart, in a transaction of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import CursorResult, select, update

from briefing.database import database_clock
from briefing.failpoints import Failpoint, reach
from briefing.models import StepRow
from briefing.states import StepState

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

#: Claims a step may use up: a fault that kills three workers would kill a fourth (poison, see Oban and Sidekiq).
MAX_ATTEMPTS = 3

#: Error code of a step whose workers vanished `MAX_ATTEMPTS` times.
WORKER_LOST = "worker_lost"


@dataclass(frozen=True)
class Lost:
    """A step whose worker vanished."""

    step_id: int
    kind: str
    revision_id: int | None
    holder: str | None
    fence: int
    lease_until: float | None
    dead: bool
    """Whether no claim is left: it is still to be given up, by `bury`."""
    request_id: str | None = None


def release_expired(session: Session) -> list[Lost]:
    """Free the steps whose lease ran out; those with no claim left are only returned."""
    return _release(session, StepRow.lease_until < database_clock())


def release_held_by(session: Session, holder: str) -> list[Lost]:
    """Free the steps of a process known to be gone, without waiting for the lease."""
    return _release(session, StepRow.holder == holder)


def _release(session: Session, condition: ColumnElement[bool]) -> list[Lost]:
    held = session.scalars(
        select(StepRow)
        .where(StepRow.state == StepState.LEASED.value, condition)
        .order_by(StepRow.id)
        .with_for_update(skip_locked=True)
    ).all()
    lost = []
    for step in held:
        dead = step.attempts >= MAX_ATTEMPTS
        lost.append(
            Lost(step.id, step.kind, step.revision_id, step.holder, step.fence, step.lease_until, dead, step.request_id)
        )
        if not dead:
            step.state = StepState.READY.value
            step.lease_until, step.holder, step.rung_at = None, None, None
            step.ready_at = database_clock()
            step.error_code = WORKER_LOST
    session.flush()
    if lost:
        reach(Failpoint.STEP_RELEASED)
    return lost


def bury(session: Session, lost: Lost) -> bool:
    """Mark a step with no claim left dead; False when its holder came back, or another has seen to it meanwhile.

    Needs a writing session in which what it is of is locked: its revision, digest or respeak.
    """
    result = session.execute(
        update(StepRow)
        .where(
            StepRow.id == lost.step_id,
            StepRow.fence == lost.fence,
            StepRow.state == StepState.LEASED.value,
            StepRow.lease_until == lost.lease_until,
        )
        .values(state=StepState.DEAD.value, lease_until=None, holder=None, rung_at=None, error_code=WORKER_LOST)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(result, CursorResult)
    reach(Failpoint.STEP_BURIED)
    return result.rowcount == 1
