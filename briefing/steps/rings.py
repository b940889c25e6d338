"""Which ready steps a broker is to be told of.

A ring has a step of that queue and kind done, the one whose turn it is, and then what follows. A broker hands rings
out in the order they came, so a queue gets only a few ahead: a newcomer would wait behind all that are there. A step
bears a mark as long as a ring that names it may come; where that ring was used up by another step, it is unmarked and
rung anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, bindparam, func, literal_column, not_, or_, select, union_all, update

from briefing import gates
from briefing.database import database_clock
from briefing.models import StepRow
from briefing.states import Queue, StepState

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement, Select
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


_OF: tuple[ColumnElement[Any], ...] = (
    _STEPS.c.id,
    _STEPS.c.fence,
    _STEPS.c.kind,
    _STEPS.c.queue,
    _STEPS.c.revision_id,
    _STEPS.c.request_id,
)


def _ready(queue: ColumnElement[Any], engine: ColumnElement[Any]) -> tuple[ColumnElement[bool], ...]:
    state: ColumnElement[Any] = literal_column(f"'{StepState.READY.value}'")
    return _STEPS.c.state == state, _STEPS.c.queue == queue, _STEPS.c.engine == engine


def _due_of(queue: ColumnElement[Any], engine: ColumnElement[Any], again: str) -> Select[Any]:
    """Return the statement that finds what is due to be rung; `again` names the parameter with the seconds after which
    it is once more.
    """
    lately = _STEPS.c.rung_at >= database_clock() - bindparam(again)
    return (
        select(*_OF)
        .where(*_ready(queue, engine), _may_begin(), or_(_STEPS.c.rung_at.is_(None), not_(lately)))
        .order_by(_STEPS.c.rank, _STEPS.c.id)
        .limit(bindparam("most", type_=Integer))
    )


#: Worded once: the dispatcher looks several times a second, and mostly for nothing. All queues in one go.
_DUE = union_all(
    *(
        select(_due_of(literal_column(f"'{queue.value}'"), literal_column("''"), f"again_{queue.value}").subquery())
        for queue in Queue
    )
)
_DUE_AT_GATE = _due_of(bindparam("of_queue"), bindparam("of_engine"), "again_s")
#: The moment is a query of its own, asked once: by a clock that may tell another time for each row PostgreSQL looks up
#: no index, and went through all that is ready. In order, as it would else take a third of it for rung lately.
_UNANSWERED = select(func.count()).select_from(
    select(_STEPS.c.id)
    .where(
        *_ready(bindparam("of_queue"), bindparam("of_engine")),
        _STEPS.c.rung_at >= select(database_clock() - bindparam("again_s")).scalar_subquery(),
    )
    .order_by(_STEPS.c.rung_at)
    .limit(bindparam("most", type_=Integer))
    .subquery()
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
    again_s = {queue: ring_again_s if queue in empty else ring_again_s * _LATER for queue in Queue}
    asked = {f"again_{queue.value}": seconds for queue, seconds in again_s.items()}
    due = [Due(*row) for row in session.execute(_DUE, {**asked, "most": max(0, most)})]
    found: list[Due] = []
    for queue in Queue:
        mine = [step for step in due if step.queue == queue]
        found += mine[: _room(session, queue, "", again_s[queue], most_unanswered)] if mine else ()
    soon_s = min(again_s[Queue.ONLINE], _GATED_AGAIN_S) if Queue.ONLINE in empty else again_s[Queue.ONLINE]
    for engine in gates.passable(session):
        room = min(_GATED_AT_ONCE, most, _room(session, Queue.ONLINE, engine, soon_s, most_unanswered))
        waits = {"of_queue": Queue.ONLINE.value, "of_engine": engine, "again_s": soon_s, "most": max(0, room)}
        found += [Due(*row) for row in session.execute(_DUE_AT_GATE, waits)]
    return found


def _room(session: Session, queue: Queue, engine: str, again_s: float, most_unanswered: int) -> int:
    """Return how many more may be rung; a ring that nobody has answered after `again_s` seconds counts as lost."""
    asked = {"of_queue": queue.value, "of_engine": engine, "again_s": again_s, "most": most_unanswered}
    return max(0, most_unanswered - session.execute(_UNANSWERED, asked).scalar_one())


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
