"""Steps as they come into being and as a revision goes on or ends: recorded, readied, cancelled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, or_, select, update

from briefing.database import database_clock
from briefing.errors import PUT_OFF
from briefing.failpoints import Failpoint, reach
from briefing.models import StepRow
from briefing.requesting.ranks import rank_in
from briefing.states import UNFINISHED, Queue, StepKind, StepState

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


def record(  # noqa: PLR0913  the columns of a new row
    session: Session,
    kind: StepKind,
    queue: Queue,
    *,
    revision_id: int | None = None,
    seq: int = 0,
    payload: dict[str, Any] | None = None,
    state: StepState = StepState.READY,
    rank: int = 0,
    engine: str = "",
    not_before: float | None = None,
) -> StepRow:
    """Add a step. `rank` is its place in the queue (`briefing.requesting.ranks`), `engine` whose gate it has to pass,
    `not_before` when it may be claimed, by the database's clock.
    """
    step = StepRow(
        kind=kind.value,
        queue=queue.value,
        revision_id=revision_id,
        seq=seq,
        payload=payload or {},
        state=state.value,
        rank=rank,
        engine=engine,
        not_before=not_before,
    )
    session.add(step)
    reach(Failpoint.STEP_RECORDED)
    return step


@dataclass(frozen=True)
class Following:
    """A step of a revision's to record with others; its fields are `record`'s."""

    kind: StepKind
    queue: Queue
    seq: int
    payload: dict[str, Any]
    state: StepState
    rank: int
    engine: str


def record_all(session: Session, revision_id: int, following: Sequence[Following]) -> None:
    """Add a revision's steps in their order, by one statement: a story has thirty and more."""
    if following:
        rows = [
            {
                "kind": step.kind.value,
                "queue": step.queue.value,
                "revision_id": revision_id,
                "seq": step.seq,
                "payload": step.payload,
                "state": step.state.value,
                "rank": step.rank,
                "engine": step.engine,
            }
            for step in following
        ]
        session.execute(insert(StepRow.table()), rows)
    reach(Failpoint.STEP_RECORDED)


def has_begun(session: Session, revision_id: int, kinds: Collection[StepKind]) -> bool:
    """Tell whether a worker has taken up a revision's step of one of the kinds, whatever came of it."""
    statement = select(StepRow.id).where(*_of(revision_id, kinds), StepRow.state != StepState.READY.value)
    return session.scalar(statement.limit(1)) is not None


def was_taken_up(session: Session, revision_id: int, kinds: Collection[StepKind]) -> bool:
    """Tell whether a worker has, or had, a revision's step of one of the kinds that is unfinished."""
    statement = select(StepRow.id).where(*_of(revision_id, kinds), StepRow.state.in_(UNFINISHED), StepRow.fence > 0)
    return session.scalar(statement.limit(1)) is not None


def hasten(session: Session, revision_id: int, kinds: Collection[StepKind]) -> None:
    """Let a revision's step of such a kind begin at once, if it only waits for a quiet period."""
    session.execute(
        update(StepRow)
        .where(
            *_of(revision_id, kinds),
            StepRow.state == StepState.READY.value,
            StepRow.error_code.is_(None),
        )
        .values(not_before=None)
    )
    reach(Failpoint.STEP_HASTENED)


def put_back(
    session: Session, revision_id: int | None, kinds: Collection[StepKind], until: float, longest_s: float
) -> None:
    """Have a revision's step of such a kind wait until then, but for at most `longest_s` more than at first.

    One that may begin at once, as when somebody waits for it, is left alone.
    """
    for step in session.scalars(
        select(StepRow)
        .where(
            *_of(revision_id, kinds),
            StepRow.state == StepState.READY.value,
            StepRow.not_before.is_not(None),
            StepRow.error_code.is_(None),
        )
        .with_for_update()
    ):
        planned = step.not_before or until
        first = float(step.payload.get("first_not_before", planned))
        step.payload = {**step.payload, "first_not_before": first}
        step.not_before = max(planned, min(until, first + longest_s))
        # A ring for it comes too early now.
        step.rung_at = None
    session.flush()
    reach(Failpoint.STEP_PUT_BACK)


def lock_unfinished(session: Session, revision_id: int) -> None:
    """Lock a revision's unfinished steps until the transaction ends, in one order; nothing on SQLite."""
    session.execute(
        select(StepRow.id)
        .where(StepRow.revision_id == revision_id, StepRow.state.in_(UNFINISHED))
        .order_by(StepRow.id)
        .with_for_update()
    ).all()


def promote(session: Session, revision_id: int, rank: int, not_before: float | None = None) -> None:
    """Move a revision's unfinished bulk steps among the interactive ones, at `rank`.

    Those put off until a budget or quota is whole again, or for a quiet period, may begin at `not_before` instead;
    others keep the pause after a failure. A step under way is moved too: it may come back.
    """
    mine = (StepRow.revision_id == revision_id, StepRow.state.in_(UNFINISHED))
    waits = or_(StepRow.error_code.is_(None), StepRow.error_code.in_(PUT_OFF))
    session.execute(
        update(StepRow)
        .where(*mine, StepRow.state == StepState.READY.value, waits)
        .values(not_before=not_before, error_code=None)
    )
    session.execute(
        update(StepRow)
        .where(*mine, StepRow.queue == Queue.ONLINE.value)
        .values(rank=rank_in(Queue.ONLINE, Queue.INTERACTIVE, rank))
    )
    session.execute(
        update(StepRow)
        .where(*mine, StepRow.queue == Queue.BULK.value)
        # Whoever was rung for it looks for bulk work.
        .values(queue=Queue.INTERACTIVE.value, rank=rank, rung_at=None, ready_at=database_clock())
    )
    reach(Failpoint.STEP_PROMOTED)


def ready_waiting(session: Session, revision_id: int, kind: StepKind) -> None:
    """Make a revision's waiting steps of one kind ready."""
    session.execute(
        update(StepRow)
        .where(
            *_of(revision_id, (kind,)),
            StepRow.state == StepState.WAITING.value,
        )
        # It may have been rung for, and put back to waiting: what rang then has been answered.
        .values(state=StepState.READY.value, rung_at=None, ready_at=database_clock())
    )
    reach(Failpoint.STEP_READIED)


def cancel(session: Session, revision_id: int, code: str, kinds: Collection[StepKind] = tuple(StepKind)) -> None:
    """Mark a revision's unfinished steps dead, of some kinds or of all; a worker that holds one finds its fence
    outdated.
    """
    only = () if len(kinds) == len(StepKind) else (StepRow.kind.in_([kind.value for kind in kinds]),)
    session.execute(
        update(StepRow)
        .where(
            StepRow.revision_id == revision_id,
            StepRow.state.in_(UNFINISHED),
            *only,
        )
        .values(state=StepState.DEAD.value, fence=StepRow.fence + 1, lease_until=None, holder=None, error_code=code)
    )
    reach(Failpoint.STEP_CANCELLED)


def _of(revision_id: int | None, kinds: Collection[StepKind]) -> tuple[ColumnElement[bool], ...]:
    return StepRow.revision_id == revision_id, StepRow.kind.in_([kind.value for kind in kinds])
