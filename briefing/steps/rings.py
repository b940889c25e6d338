"""Which ready steps a broker is to be told of.

A ring has a step of that queue and kind done, the one whose turn it is, and then what follows. A broker hands rings
out in the order they came, so a queue gets only a few ahead: a newcomer would wait behind all that are there. A step
bears a mark as long as a ring that names it may come; where that ring was used up by another step, it is unmarked and
rung anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import defer

from briefing import gates
from briefing.database import database_clock
from briefing.models import StepRow
from briefing.states import Queue, StepState

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

#: Seconds after which a step behind a gate is rung again: a ring that finds the gate shut is lost.
_GATED_AGAIN_S = 2.0

#: Steps of one engine rung in one look. Its gate lets few through, and the next look comes soon.
_GATED_AT_ONCE = 4

#: How many times as long a step waits to be rung again in a queue where messages wait: it may be waiting its turn, or
#: its message may be lost, which a queue that is never empty does not show.
_LATER = 10


def due_to_ring(
    session: Session,
    ring_again_s: float,
    most_unanswered: int,
    empty: Collection[Queue] = tuple(Queue),
    at_once: int | None = None,
) -> list[StepRow]:
    """Return ready steps whose time has come and that were never rung or not for `ring_again_s` seconds, in queues
    other than the `empty` ones ten times as long; of each queue and engine no more than leave `most_unanswered` rings
    that nobody has answered yet, nor than `at_once`. Their payloads are not read.
    """
    most = most_unanswered if at_once is None else at_once
    found: list[StepRow] = []
    for queue in Queue:
        again_s = ring_again_s if queue in empty else ring_again_s * _LATER
        room = most_unanswered - _unanswered(session, queue, "", again_s)
        found += _due(session, queue, "", again_s, min(most, room))
        if queue is Queue.ONLINE:
            soon_s = min(again_s, _GATED_AGAIN_S) if queue in empty else again_s
            for engine in gates.passable(session):
                room = most_unanswered - _unanswered(session, queue, engine, soon_s)
                found += _due(session, queue, engine, soon_s, min(_GATED_AT_ONCE, most, room))
    return found


def _unanswered(session: Session, queue: Queue, engine: str, again_s: float) -> int:
    """Return how many rings may still be answered; after `again_s` seconds one counts as lost."""
    statement = select(func.count()).where(
        StepRow.state == StepState.READY.value,
        StepRow.queue == queue.value,
        StepRow.engine == engine,
        StepRow.rung_at >= database_clock() - again_s,
    )
    return session.scalar(statement) or 0


def _due(session: Session, queue: Queue, engine: str, again_s: float, most: int) -> list[StepRow]:
    clock = database_clock()
    statement = (
        select(StepRow)
        .options(defer(StepRow.payload, raiseload=True))
        .where(
            StepRow.state == StepState.READY.value,
            StepRow.queue == queue.value,
            StepRow.engine == engine,
            _may_begin(),
            or_(StepRow.rung_at.is_(None), StepRow.rung_at < clock - again_s),
        )
        .order_by(StepRow.rank, StepRow.id)
        .limit(max(0, most))
    )
    return list(session.scalars(statement))


def _may_begin() -> ColumnElement[bool]:
    return or_(StepRow.not_before.is_(None), StepRow.not_before <= database_clock())


def mark_rung(session: Session, rung: Collection[tuple[int, int]]) -> None:
    """Note that a broker was told of these steps, each as it was under its fence: (step ID, fence).

    What has been claimed or put off meanwhile is left as it is, and so is what somebody is changing: it is rung once
    more.
    """
    fences = dict(rung)
    free = (
        select(StepRow.id, StepRow.fence)
        .where(StepRow.id.in_(fences), StepRow.state == StepState.READY.value, _may_begin())
        .order_by(StepRow.id)
        .with_for_update(skip_locked=True)
    )
    found = [step_id for step_id, fence in session.execute(free) if fences[step_id] == fence]
    session.execute(update(StepRow).where(StepRow.id.in_(found)).values(rung_at=database_clock()))


def unmark(session: Session, step_id: int) -> None:
    """Have a step that is still ready rung anew: the ring that named it had another one done.

    Its fence rises, so that whoever rang for it and has not marked it yet does not do so now. Who is marking it at this
    moment is waited for: his mark would stand for a ring that is used up, and nobody rang again for a minute. So it
    needs a writing session of its own, which holds no other step.
    """
    free = update(StepRow).where(StepRow.id == step_id, StepRow.state == StepState.READY.value)
    session.execute(free.values(rung_at=None, fence=StepRow.fence + 1))
