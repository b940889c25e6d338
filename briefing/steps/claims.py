"""Claiming: one worker gets the next ready step, under a fence: of the lowest rank, and past its engine's gate."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, or_, select, update

from briefing import gates
from briefing.database import database_clock
from briefing.failpoints import Failpoint, reach
from briefing.models import StepRow
from briefing.ranks import BEHIND
from briefing.states import Queue, StepKind, StepState

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.orm import Session
    from sqlalchemy.sql.dml import ReturningUpdate

#: Without the ORM, and made once: an idle or busy worker spends more on wording a claim than the database on doing it.
_STEPS = StepRow.table()

#: In order, as the claim has it: of a table with many ready steps PostgreSQL would else take its chance from the top,
#: through all that are done.
_DUE = (
    select(_STEPS.c.id)
    .where(
        _STEPS.c.state == StepState.READY.value,
        _STEPS.c.queue == bindparam("of_queue"),
        _STEPS.c.engine == bindparam("of_engine"),
        or_(_STEPS.c.not_before.is_(None), _STEPS.c.not_before <= database_clock()),
    )
    .order_by(_STEPS.c.rank, _STEPS.c.id)
    .limit(1)
)


_WAITED_FOR = _STEPS.c.rank < BEHIND

#: Nothing of what only a back catalogue wants.
_DUE_AND_WAITED_FOR = _DUE.where(_WAITED_FOR)


@dataclass(frozen=True)
class Lease:
    """A claimed step: the right to do it, until the lease runs out."""

    step_id: int
    fence: int
    kind: StepKind
    revision_id: int | None
    payload: dict[str, Any]
    attempts: int
    """Claims used up, this one included."""
    postponed: int
    request_id: str | None = None
    """The request that it goes back to."""
    queue: Queue = Queue.INTERACTIVE
    engine: str = ""
    """The online engine whose gate it passed; empty for none."""
    gate_epoch: float | None = None
    """What that gate gave it, by which its outcome is told from those of after an outage."""


def is_due(session: Session, queues: Sequence[Queue], *, bulk: bool = True) -> bool:
    """Tell whether there is a step to claim; a read, so that idle workers do not take SQLite's one write lock.

    Without `bulk` work of online engines counts only where somebody waits for it.
    """
    due = _DUE if bulk else _DUE_AND_WAITED_FOR
    return any(
        session.scalar(due, {"of_queue": queue.value, "of_engine": engine}) is not None
        for queue in queues
        for engine in _engines(session, queue)
    )


def _engines(session: Session, queue: Queue, *, lock: bool = False) -> tuple[str, ...]:
    """Return the engines whose steps may be claimed from `queue` now; the empty one is of steps without a gate."""
    return ("", *gates.passable(session, lock=lock)) if queue is Queue.ONLINE else ("",)


def claim(  # noqa: PLR0913  what may be claimed, by whom
    session: Session,
    *,
    holder: str,
    lease_s: float,
    queues: Sequence[Queue],
    kinds: Collection[StepKind] = tuple(StepKind),
    step_id: int | None = None,
    bulk: bool = True,
) -> Lease | None:
    """Lease the next ready step of `queues`, tried in order, or the one of `step_id`; None when there is none.
    Without `bulk`, a step of an online engine only where somebody waits for it.

    Needs a writing session of its own: the claim must be committed before the work starts.
    """
    statement = _claiming(tuple(kinds), one=step_id is not None, bulk=bulk)
    for queue in queues:
        for engine in _engines(session, queue, lock=True):
            asked = {"of_queue": queue.value, "of_engine": engine, "by": holder, "for_s": lease_s, "step": step_id}
            row = session.execute(statement, asked).first()
            if row is None:
                continue
            epoch = None
            if engine:
                epoch = gates.take(session, engine, len(row.payload.get("chunk", {}).get("spoken", "")))
            reach(Failpoint.STEP_CLAIMED)
            return Lease(
                row.id,
                row.fence,
                StepKind(row.kind),
                row.revision_id,
                row.payload,
                row.attempts,
                row.postponed,
                row.request_id,
                queue,
                engine,
                epoch,
            )
    return None


@cache
def _claiming(kinds: tuple[StepKind, ...], *, one: bool, bulk: bool) -> ReturningUpdate[Any]:
    """Return the statement that leases the next step of `:of_queue`, or `:step` alone where it is to be `one`."""
    clock = database_clock()
    candidate = (
        select(_STEPS.c.id)
        .where(
            _STEPS.c.state == StepState.READY.value,
            _STEPS.c.queue == bindparam("of_queue"),
            _STEPS.c.engine == bindparam("of_engine"),
            # Rolling upgrades: a kind that an older worker does not know stays ready for newer ones (F23).
            _STEPS.c.kind.in_([kind.value for kind in kinds]),
            or_(_STEPS.c.not_before.is_(None), _STEPS.c.not_before <= clock),
        )
        .order_by(_STEPS.c.rank, _STEPS.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if not bulk:
        candidate = candidate.where(_WAITED_FOR)
    if one:
        candidate = candidate.where(_STEPS.c.id == bindparam("step"))
    return (
        update(_STEPS)
        .where(_STEPS.c.id == candidate.scalar_subquery())
        .values(
            state=StepState.LEASED.value,
            holder=bindparam("by"),
            lease_until=clock + bindparam("for_s"),
            fence=_STEPS.c.fence + 1,
            attempts=_STEPS.c.attempts + 1,
        )
        .returning(
            _STEPS.c.id,
            _STEPS.c.fence,
            _STEPS.c.kind,
            _STEPS.c.revision_id,
            _STEPS.c.payload,
            _STEPS.c.attempts,
            _STEPS.c.postponed,
            _STEPS.c.request_id,
        )
    )
