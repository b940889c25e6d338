"""Which ready steps a broker is to be told of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_, select, update

from briefing.database import database_clock
from briefing.models import StepRow
from briefing.states import StepState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session


def due_to_ring(session: Session, ring_again_s: float, limit: int) -> list[StepRow]:
    """Return ready steps whose time has come and that were never rung, or not for `ring_again_s` seconds."""
    clock = database_clock()
    statement = (
        select(StepRow)
        .where(
            StepRow.state == StepState.READY.value,
            or_(StepRow.not_before.is_(None), StepRow.not_before <= clock),
            or_(StepRow.rung_at.is_(None), StepRow.rung_at < clock - ring_again_s),
        )
        .order_by(StepRow.id)
        .limit(limit)
    )
    return list(session.scalars(statement))


def mark_rung(session: Session, step_ids: Sequence[int]) -> None:
    """Note that a broker was told of these steps, but for those that somebody is changing: they are rung once more."""
    free = select(StepRow.id).where(StepRow.id.in_(step_ids)).order_by(StepRow.id).with_for_update(skip_locked=True)
    found = session.scalars(free).all()
    session.execute(update(StepRow).where(StepRow.id.in_(found)).values(rung_at=database_clock()))
