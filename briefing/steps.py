"""The step table's own moves: record, claim, renew, finish, postpone, give up, release.

Every move is one statement inside the caller's transaction and is safe to repeat: a holder that lost its
lease finds its fence outdated and changes nothing. Does not know what a step does nor what comes next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import CursorResult, or_, select, update

from briefing.database import database_clock
from briefing.models import StepRow
from briefing.states import Queue, StepKind, StepState

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

#: Claims a step may use up: a fault that kills three workers would kill a fourth (poison, see Oban and Sidekiq).
MAX_ATTEMPTS = 3

#: Error code of a step whose workers vanished `MAX_ATTEMPTS` times.
WORKER_LOST = "worker_lost"


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


def record(  # noqa: PLR0913  the columns of a new row
    session: Session,
    kind: StepKind,
    queue: Queue,
    *,
    revision_id: int | None = None,
    seq: int = 0,
    payload: dict[str, Any] | None = None,
    state: StepState = StepState.READY,
) -> StepRow:
    """Add a step."""
    step = StepRow(
        kind=kind.value,
        queue=queue.value,
        revision_id=revision_id,
        seq=seq,
        payload=payload or {},
        state=state.value,
    )
    session.add(step)
    return step


def has_begun(session: Session, revision_id: int, kind: StepKind) -> bool:
    """Tell whether a worker has taken up a revision's step of that kind, whatever came of it."""
    statement = select(StepRow.id).where(
        StepRow.revision_id == revision_id, StepRow.kind == kind.value, StepRow.state != StepState.READY.value
    )
    return session.scalar(statement.limit(1)) is not None


def is_due(session: Session, queues: Sequence[Queue]) -> bool:
    """Tell whether there is a step to claim; a read, so that idle workers do not take SQLite's one write lock."""
    statement = select(StepRow.id).where(
        StepRow.state == StepState.READY.value,
        StepRow.queue.in_([queue.value for queue in queues]),
        or_(StepRow.not_before.is_(None), StepRow.not_before <= database_clock()),
    )
    return session.scalar(statement.limit(1)) is not None


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
        if lease := _claim_from(session, holder, lease_s, queue, kinds, step_id):
            return lease
    return None


def _claim_from(
    session: Session, holder: str, lease_s: float, queue: Queue, kinds: Collection[StepKind], step_id: int | None
) -> Lease | None:
    clock = database_clock()
    candidate = (
        select(StepRow.id)
        .where(
            StepRow.state == StepState.READY.value,
            StepRow.queue == queue.value,
            # Rolling upgrades: a kind that an older worker does not know stays ready for newer ones (F23).
            StepRow.kind.in_([kind.value for kind in kinds]),
            or_(StepRow.not_before.is_(None), StepRow.not_before <= clock),
        )
        .order_by(StepRow.id)
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
        )
        .execution_options(synchronize_session=False)
    )
    row = session.execute(statement).first()
    if row is None:
        return None
    return Lease(row.id, row.fence, StepKind(row.kind), row.revision_id, row.payload, row.attempts, row.postponed)


def _change(session: Session, lease: Lease, **values: Any) -> bool:  # noqa: ANN401  column values
    statement = (
        update(StepRow)
        .where(StepRow.id == lease.step_id, StepRow.fence == lease.fence, StepRow.state == StepState.LEASED.value)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return _changed(session.execute(statement)) == 1


def _changed(result: object) -> int:
    assert isinstance(result, CursorResult)
    return result.rowcount


def renew(session: Session, lease: Lease, lease_s: float) -> bool:
    """Extend the lease by `lease_s` from now; False when it has been lost."""
    return _change(session, lease, lease_until=database_clock() + lease_s)


def finish(session: Session, lease: Lease) -> bool:
    """Mark the step done; False when the lease has been lost and the result must be dropped."""
    return _change(session, lease, state=StepState.DONE.value, lease_until=None, holder=None)


def wait_again(session: Session, lease: Lease) -> bool:
    """Put the step back to waiting because what it waited for turned out to be missing; spends no claim."""
    return _change(
        session,
        lease,
        state=StepState.WAITING.value,
        lease_until=None,
        holder=None,
        attempts=StepRow.attempts - 1,
        postponed=StepRow.postponed + 1,
    )


def postpone(session: Session, lease: Lease, delay_s: float, code: str) -> bool:
    """Make the step ready again after `delay_s` seconds, for a transient failure; spends no claim."""
    return _reopen(
        session,
        lease,
        attempts=StepRow.attempts - 1,
        postponed=StepRow.postponed + 1,
        not_before=database_clock() + delay_s,
        error_code=code,
    )


def retry(session: Session, lease: Lease, code: str) -> bool:
    """Make the step ready again at once; the claim stays spent."""
    return _reopen(session, lease, error_code=code)


def give_back(session: Session, lease: Lease) -> bool:
    """Make the step ready again because its worker was told to stop; spends no claim."""
    return _reopen(session, lease, attempts=StepRow.attempts - 1)


def _reopen(session: Session, lease: Lease, **values: Any) -> bool:  # noqa: ANN401  column values
    return _change(session, lease, state=StepState.READY.value, lease_until=None, holder=None, rung_at=None, **values)


def give_up(session: Session, lease: Lease, code: str) -> bool:
    """Mark the step dead with an error code."""
    return _change(session, lease, state=StepState.DEAD.value, lease_until=None, holder=None, error_code=code)


def ready_waiting(session: Session, revision_id: int, kind: StepKind) -> None:
    """Make a revision's waiting steps of one kind ready."""
    session.execute(
        update(StepRow)
        .where(
            StepRow.revision_id == revision_id,
            StepRow.kind == kind.value,
            StepRow.state == StepState.WAITING.value,
        )
        # It may have been rung for, and put back to waiting: what rang then has been answered.
        .values(state=StepState.READY.value, rung_at=None)
    )


def cancel(session: Session, revision_id: int, code: str) -> None:
    """Mark a revision's unfinished steps dead; a worker that holds one finds its fence outdated."""
    session.execute(
        update(StepRow)
        .where(
            StepRow.revision_id == revision_id,
            StepRow.state.in_([StepState.WAITING.value, StepState.READY.value, StepState.LEASED.value]),
        )
        .values(state=StepState.DEAD.value, fence=StepRow.fence + 1, lease_until=None, holder=None, error_code=code)
    )


@dataclass(frozen=True)
class Lost:
    """A step whose worker vanished."""

    step_id: int
    revision_id: int | None
    holder: str | None
    dead: bool
    """Whether no claim is left; its revision is to fail."""


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
        lost.append(Lost(step.id, step.revision_id, step.holder, dead))
        step.state = (StepState.DEAD if dead else StepState.READY).value
        step.lease_until, step.holder, step.rung_at = None, None, None
        step.error_code = WORKER_LOST
    session.flush()
    return lost


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
    """Note that a broker was told of these steps."""
    session.execute(update(StepRow).where(StepRow.id.in_(step_ids)).values(rung_at=database_clock()))
