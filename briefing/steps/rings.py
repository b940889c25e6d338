"""Which ready steps a broker is to be told of.

A ring has one step of that queue and kind done, the one whose turn it is. A broker hands rings out in the order they
came, so a queue gets only a few ahead: a newcomer would wait behind all that are there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select, update

from briefing import gates
from briefing.database import database_clock
from briefing.models import StepRow
from briefing.states import Queue, StepState

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.orm import Session

#: Seconds after which a step behind a gate is rung again: a ring that finds the gate shut is lost.
_GATED_AGAIN_S = 2.0

#: Steps of one engine rung in one look. Its gate lets few through, and the next look comes soon.
_GATED_AT_ONCE = 4


def due_to_ring(
    session: Session, ring_again_s: float, most_unanswered: int, again: Collection[Queue] = tuple(Queue)
) -> list[StepRow]:
    """Return ready steps whose time has come and that were never rung or, in the queues `again`, not for `ring_again_s`
    seconds; of each queue no more than leave `most_unanswered` rings that nobody has answered yet.
    """
    found: list[StepRow] = []
    for queue in Queue:
        again_s = ring_again_s if queue in again else None
        room = most_unanswered - _unanswered(session, queue, again_s)
        found += _due(session, queue, "", again_s, room)
        if queue is Queue.ONLINE:
            soon_s = min(again_s, _GATED_AGAIN_S) if again_s is not None else None
            for engine in gates.passable(session):
                found += _due(session, queue, engine, soon_s, _GATED_AT_ONCE)
    return found


def _unanswered(session: Session, queue: Queue, again_s: float | None) -> int:
    """Return how many rings of a queue may still be answered; after `again_s` seconds one counts as lost."""
    rung = StepRow.rung_at.is_not(None) if again_s is None else StepRow.rung_at >= database_clock() - again_s
    statement = select(func.count()).where(StepRow.state == StepState.READY.value, StepRow.queue == queue.value, rung)
    return session.scalar(statement) or 0


def _due(session: Session, queue: Queue, engine: str, again_s: float | None, most: int) -> list[StepRow]:
    clock = database_clock()
    statement = (
        select(StepRow)
        .where(
            StepRow.state == StepState.READY.value,
            StepRow.queue == queue.value,
            StepRow.engine == engine,
            or_(StepRow.not_before.is_(None), StepRow.not_before <= clock),
            StepRow.rung_at.is_(None)
            if again_s is None
            else or_(StepRow.rung_at.is_(None), StepRow.rung_at < clock - again_s),
        )
        .order_by(StepRow.rank, StepRow.id)
        .limit(max(0, most))
    )
    return list(session.scalars(statement))


def mark_rung(session: Session, step_ids: Sequence[int]) -> None:
    """Note that a broker was told of these steps, but for those that somebody is changing: they are rung once more."""
    free = select(StepRow.id).where(StepRow.id.in_(step_ids)).order_by(StepRow.id).with_for_update(skip_locked=True)
    found = session.scalars(free).all()
    session.execute(update(StepRow).where(StepRow.id.in_(found)).values(rung_at=database_clock()))
