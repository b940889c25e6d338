"""Which ready steps a broker is to be told of.

A ring has a step of that queue and kind done, the one whose turn it is, and then what follows. A broker hands rings
out in the order they came, so a queue gets only a few ahead: a newcomer would wait behind all that are there. A step
bears a mark as long as a ring that names it may come; where that ring was used up by another step, it is unmarked and
rung anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Integer, bindparam, func, literal_column, or_, select, update

from briefing import gates
from briefing.database import database_clock
from briefing.models import StepRow
from briefing.states import Queue, StepState

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

_STEPS = StepRow.table()

#: Seconds after which a step behind a gate is rung again: a ring that finds the gate shut is lost.
_GATED_AGAIN_S = 2.0

#: Steps of one engine rung in one look. Its gate lets few through, and the next look comes soon.
_GATED_AT_ONCE = 4

#: How many times as long a step waits to be rung again in a queue where messages wait: it may be waiting its turn, or
#: its message may be lost, which a queue that is never empty does not show.
_LATER = 10


def _may_begin() -> ColumnElement[bool]:
    return or_(_STEPS.c.not_before.is_(None), _STEPS.c.not_before <= database_clock())


_READY = (
    _STEPS.c.state == literal_column(f"'{StepState.READY.value}'"),
    _STEPS.c.queue == bindparam("of_queue"),
    _STEPS.c.engine == bindparam("of_engine"),
)

#: Worded once: the dispatcher looks several times a second, and mostly for nothing.
_DUE = (
    select(_STEPS.c.id, _STEPS.c.fence, _STEPS.c.kind, _STEPS.c.queue, _STEPS.c.revision_id, _STEPS.c.request_id)
    .where(
        *_READY,
        _may_begin(),
        or_(_STEPS.c.rung_at.is_(None), _STEPS.c.rung_at < database_clock() - bindparam("again_s")),
    )
    .order_by(_STEPS.c.rank, _STEPS.c.id)
    .limit(bindparam("most", type_=Integer))
)
_UNANSWERED = (
    select(func.count()).select_from(_STEPS).where(*_READY, _STEPS.c.rung_at >= database_clock() - bindparam("again_s"))
)


@dataclass(frozen=True)
class Due:
    """A step to ring for."""

    id: int
    fence: int
    kind: str
    queue: str
    revision_id: int | None
    request_id: str | None


def due_to_ring(
    session: Session,
    ring_again_s: float,
    most_unanswered: int,
    empty: Collection[Queue] = tuple(Queue),
    at_once: int | None = None,
) -> list[Due]:
    """Return ready steps whose time has come and that were never rung or not for `ring_again_s` seconds, in queues
    other than the `empty` ones ten times as long; of each queue and engine no more than leave `most_unanswered` rings
    that nobody has answered yet, nor than `at_once`.
    """
    most = most_unanswered if at_once is None else at_once
    found: list[Due] = []
    for queue in Queue:
        again_s = ring_again_s if queue in empty else ring_again_s * _LATER
        found += _due(session, queue, "", again_s, most, most_unanswered)
        if queue is Queue.ONLINE:
            soon_s = min(again_s, _GATED_AGAIN_S) if queue in empty else again_s
            for engine in gates.passable(session):
                found += _due(session, queue, engine, soon_s, min(_GATED_AT_ONCE, most), most_unanswered)
    return found


def _due(session: Session, queue: Queue, engine: str, again_s: float, most: int, most_unanswered: int) -> list[Due]:
    asked = {"of_queue": queue.value, "of_engine": engine, "again_s": again_s}
    due = [Due(*row) for row in session.execute(_DUE, {**asked, "most": most})]
    if not due:
        return []
    # After `again_s` seconds a ring counts as lost.
    unanswered = session.execute(_UNANSWERED, asked).scalar_one()
    return due[: max(0, most_unanswered - unanswered)]


def mark_rung(session: Session, rung: Collection[tuple[int, int]]) -> None:
    """Note that a broker was told of these steps, each as it was under its fence: (step ID, fence).

    What has been claimed or put off meanwhile is left as it is, and so is what somebody is changing: it is rung once
    more.
    """
    fences = dict(rung)
    free = (
        select(_STEPS.c.id, _STEPS.c.fence)
        .where(_STEPS.c.id.in_(fences), _STEPS.c.state == StepState.READY.value, _may_begin())
        .order_by(_STEPS.c.id)
        .with_for_update(skip_locked=True)
    )
    found = [step_id for step_id, fence in session.execute(free) if fences[step_id] == fence]
    session.execute(update(_STEPS).where(_STEPS.c.id.in_(found)).values(rung_at=database_clock()))


def unmark(session: Session, step_id: int) -> None:
    """Have a step that is still ready rung anew: the ring that named it had another one done.

    Its fence rises, so that whoever rang for it and has not marked it yet does not do so now. Who is marking it at this
    moment is waited for: his mark would stand for a ring that is used up, and nobody rang again for a minute. So it
    needs a writing session of its own, which holds no other step.
    """
    free = update(_STEPS).where(_STEPS.c.id == step_id, _STEPS.c.state == StepState.READY.value)
    session.execute(free.values(rung_at=None, fence=_STEPS.c.fence + 1))
