"""Claiming: one worker gets the next ready step, under a fence: of the lowest rank, and past its engine's gate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select, update

from briefing import gates
from briefing.database import database_clock
from briefing.failpoints import Failpoint, reach
from briefing.models import StepRow
from briefing.states import Queue, StepKind, StepState

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.orm import Session


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


def is_due(session: Session, queues: Sequence[Queue]) -> bool:
    """Tell whether there is a step to claim; a read, so that idle workers do not take SQLite's one write lock."""
    for queue in queues:
        for engine in _engines(session, queue):
            statement = select(StepRow.id).where(
                StepRow.state == StepState.READY.value,
                StepRow.queue == queue.value,
                StepRow.engine == engine,
                or_(StepRow.not_before.is_(None), StepRow.not_before <= database_clock()),
            )
            if session.scalar(statement.limit(1)) is not None:
                return True
    return False


def _engines(session: Session, queue: Queue, *, lock: bool = False) -> tuple[str, ...]:
    """Return the engines whose steps may be claimed from `queue` now; the empty one is of steps without a gate."""
    return ("", *gates.passable(session, lock=lock)) if queue is Queue.ONLINE else ("",)


def claim(
    session: Session,
    *,
    holder: str,
    lease_s: float,
    queues: Sequence[Queue],
    kinds: Collection[StepKind] = tuple(StepKind),
    step_id: int | None = None,
) -> Lease | None:
    """Lease the next ready step of `queues`, tried in order, or the one of `step_id`; None when there is none.

    Needs a writing session of its own: the claim must be committed before the work starts.
    """
    for queue in queues:
        for engine in _engines(session, queue, lock=True):
            lease = _claim_from(session, holder, lease_s, queue, engine, kinds, step_id)
            if lease is not None:
                if engine:
                    gates.take(session, engine, len(lease.payload.get("chunk", {}).get("spoken", "")))
                return lease
    return None


def _claim_from(  # noqa: PLR0913  what tells a step
    session: Session,
    holder: str,
    lease_s: float,
    queue: Queue,
    engine: str,
    kinds: Collection[StepKind],
    step_id: int | None,
) -> Lease | None:
    clock = database_clock()
    candidate = (
        select(StepRow.id)
        .where(
            StepRow.state == StepState.READY.value,
            StepRow.queue == queue.value,
            StepRow.engine == engine,
            # Rolling upgrades: a kind that an older worker does not know stays ready for newer ones (F23).
            StepRow.kind.in_([kind.value for kind in kinds]),
            or_(StepRow.not_before.is_(None), StepRow.not_before <= clock),
        )
        .order_by(StepRow.rank, StepRow.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if step_id is not None:
        candidate = candidate.where(StepRow.id == step_id)
    statement = (
        update(StepRow)
        .where(StepRow.id == candidate.scalar_subquery())
        .values(
            state=StepState.LEASED.value,
            holder=holder,
            lease_until=clock + lease_s,
            fence=StepRow.fence + 1,
            attempts=StepRow.attempts + 1,
        )
        .returning(
            StepRow.id,
            StepRow.fence,
            StepRow.kind,
            StepRow.revision_id,
            StepRow.payload,
            StepRow.attempts,
            StepRow.postponed,
            StepRow.request_id,
        )
        .execution_options(synchronize_session=False)
    )
    row = session.execute(statement).first()
    if row is None:
        return None
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
    )
