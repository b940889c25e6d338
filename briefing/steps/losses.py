"""Steps whose worker vanished: freed for another, or given up when their claims are spent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from briefing.database import database_clock
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
    revision_id: int | None
    holder: str | None
    dead: bool
    """Whether no claim is left; its revision is to fail."""
    request_id: str | None = None


def release_expired(session: Session) -> list[Lost]:
    """Free the steps whose lease ran out."""
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
        lost.append(Lost(step.id, step.revision_id, step.holder, dead, step.request_id))
        step.state = (StepState.DEAD if dead else StepState.READY).value
        step.lease_until, step.holder, step.rung_at = None, None, None
        step.ready_at = database_clock()
        step.error_code = WORKER_LOST
    session.flush()
    return lost
