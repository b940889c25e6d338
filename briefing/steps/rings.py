"""Which ready steps a broker is to be told of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select, update

from briefing.database import database_clock
from briefing.models import StepRow
from briefing.states import Queue, StepState

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.orm import Session


def due_to_ring(
    session: Session, ring_again_s: float, limit: int, again: Collection[Queue] = tuple(Queue)
) -> list[StepRow]:
    """Return ready steps whose time has come and that were never rung or, in the queues `again`, not for `ring_again_s`
    seconds.
    """
    clock = database_clock()
    statement = (
        select(StepRow)
        .where(
            StepRow.state == StepState.READY.value,
            or_(StepRow.not_before.is_(None), StepRow.not_before <= clock),
            or_(
                StepRow.rung_at.is_(None),
                and_(StepRow.rung_at < clock - ring_again_s, StepRow.queue.in_([queue.value for queue in again])),
            ),
        )
        .order_by(StepRow.id)
        .limit(limit)
    )
    return list(session.scalars(statement))


def mark_rung(session: Session, step_ids: Sequence[int]) -> None:
    """Note that a broker was told of these steps."""
    session.execute(update(StepRow).where(StepRow.id.in_(step_ids)).values(rung_at=database_clock()))
