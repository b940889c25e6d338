"""Claiming: one worker gets the next ready step, under a fence: of the lowest rank, and past its engine's gate."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, case, exists, func, literal_column, not_, null, or_, select, update

from briefing import gates
from briefing.database import database_clock
from briefing.failpoints import Failpoint, reach
from briefing.models import RevisionRow, StepRow, TakeRow
from briefing.requesting.ranks import BEHIND
from briefing.speaking import Speaking
from briefing.sql.payloads import chunk_key
from briefing.states import Queue, RevisionState, StepKind, StepState

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from enum import StrEnum

    from sqlalchemy import ColumnElement, Row, Select
    from sqlalchemy.orm import Session
    from sqlalchemy.sql.dml import ReturningUpdate

#: Without the ORM, and made once: an idle or busy worker spends more on wording a claim than the database on doing it.
_STEPS, _REVISIONS, _TAKES = StepRow.table(), RevisionRow.table(), TakeRow.table()

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


def _word(value: StrEnum) -> ColumnElement[Any]:
    """Return one of our words as it stands in the statement itself, so that it is not handed over each time."""
    return literal_column(f"'{value.value}'")


_NO_ENGINE: ColumnElement[Any] = literal_column("''")

#: Steps that wait at the gate of an online engine, open or shut.
_AT_GATES = select(_STEPS.c.id).where(
    _STEPS.c.state == _word(StepState.READY), _STEPS.c.queue == _word(Queue.ONLINE), _STEPS.c.engine > _NO_ENGINE
)


def _of_its_revision(name: str) -> ColumnElement[Any]:
    """Return a column of the step's revision, read along with the step: a statement of its own costs as much again."""
    found = select(_REVISIONS.c[name]).where(_REVISIONS.c.id == _STEPS.c.revision_id)
    return found.scalar_subquery().label(f"revision_{name}")


#: The take of a `speak` step's chunk. Not whether it exists: PostgreSQL may then look through all takes there are.
_TAKE = (select(_TAKES.c.key).where(_TAKES.c.key == chunk_key(_STEPS.c.payload)).scalar_subquery()).label("take")


@dataclass(frozen=True)
class Lease:
    """A claimed step: the right to do it, until the lease runs out. With what was read along with it: true when it was
    claimed.
    """

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
    briefing_id: str | None = None
    speaking: Speaking | None = None
    """Of a `speak` step's revision, where its chunk has no take yet."""


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
    only: Collection[StepKind] = tuple(StepKind),
    bulk: bool = True,
    at_gates: bool = True,
) -> Lease | None:
    """Lease the next ready step of `queues`, tried in order, or the one of `step_id`; None when there is none, or when
    the next of all `kinds` is not of those that `only` are wanted. Without `bulk`, a step of an online engine only
    where somebody waits for it.

    Needs a writing session, of its own if it may look `at_gates`, which are locked before all else: the claim must be
    committed before the work starts. Elsewhere it waits for no lock, and leaves to others what comes after such steps.
    """
    asked: dict[str, Any] = {"by": holder, "for_s": lease_s, "step": step_id}
    named = tuple(kinds), tuple(only), step_id is not None, bulk
    row = session.execute(_claiming(tuple(queues), *named), asked).first()
    if row is not None:
        return _lease(row)
    # Nothing that needs no gate, or not before what does.
    for queue in queues if at_gates and Queue.ONLINE in queues else ():
        for engine in _engines(session, queue, lock=True):
            row = session.execute(
                _claiming_behind(*named), {**asked, "of_queue": queue.value, "of_engine": engine}
            ).first()
            if row is None:
                continue
            epoch = None
            if engine:
                epoch = gates.take(session, engine, len(row.payload.get("chunk", {}).get("spoken", "")))
            return _lease(row, epoch)
    return None


def _lease(row: Row[Any], gate_epoch: float | None = None) -> Lease:
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
        Queue(row.queue),
        row.engine,
        gate_epoch,
        row.revision_briefing_id,
        _speaking(row),
    )


def _speaking(row: Row[Any]) -> Speaking | None:
    if row.kind != StepKind.SPEAK or row.take is not None:
        return None
    try:
        return Speaking(RevisionState(row.revision_state), row.revision_voice, row.revision_cast)
    except ValueError:
        # What a newer worker wrote, say: for the step to meet, where it costs that step a claim and nobody else.
        return None


@cache
def _claiming(
    queues: tuple[Queue, ...],
    kinds: tuple[StepKind, ...],
    only: tuple[StepKind, ...],
    one: bool,
    bulk: bool,
) -> ReturningUpdate[Any]:
    """Return the statement that leases the next step that passes no gate: of the first of `queues` that has any, in one
    go, since asking each by itself costs a busy worker more than all else. Queues behind the online one have their turn
    only where no step waits at a gate there.
    """
    tried: list[ColumnElement[Any]] = []
    for queue in queues:
        first = _candidate(kinds, _word(queue), _NO_ENGINE, one=one, bulk=bulk).scalar_subquery()
        behind = Queue.ONLINE in queues[: queues.index(queue)]
        tried.append(case((not_(exists(_AT_GATES)), first)) if behind else first)
    return _leasing(func.coalesce(*tried, null()), only)


@cache
def _claiming_behind(
    kinds: tuple[StepKind, ...], only: tuple[StepKind, ...], one: bool, bulk: bool
) -> ReturningUpdate[Any]:
    """Return the statement that leases the next step of `:of_queue` and `:of_engine`."""
    candidate = _candidate(kinds, bindparam("of_queue"), bindparam("of_engine"), one=one, bulk=bulk)
    return _leasing(candidate.scalar_subquery(), only)


def _candidate(
    kinds: tuple[StepKind, ...], queue: ColumnElement[Any], engine: ColumnElement[Any], *, one: bool, bulk: bool
) -> Select[Any]:
    candidate = (
        select(_STEPS.c.id)
        .where(
            _STEPS.c.state == _word(StepState.READY),
            _STEPS.c.queue == queue,
            _STEPS.c.engine == engine,
            # Rolling upgrades: a kind that an older worker does not know stays ready for newer ones (F23).
            _of_kinds(kinds),
            or_(_STEPS.c.not_before.is_(None), _STEPS.c.not_before <= database_clock()),
        )
        .order_by(_STEPS.c.rank, _STEPS.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if not bulk:
        candidate = candidate.where(_WAITED_FOR)
    return candidate.where(_STEPS.c.id == bindparam("step")) if one else candidate


def _of_kinds(kinds: tuple[StepKind, ...]) -> ColumnElement[bool]:
    return _STEPS.c.kind.in_([_word(kind) for kind in kinds])


def _leasing(step: ColumnElement[Any], only: tuple[StepKind, ...]) -> ReturningUpdate[Any]:
    return (
        update(_STEPS)
        .where(_STEPS.c.id == step, *(() if len(only) == len(StepKind) else (_of_kinds(only),)))
        .values(
            state=_word(StepState.LEASED),
            holder=bindparam("by"),
            lease_until=database_clock() + bindparam("for_s"),
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
            _STEPS.c.queue,
            _STEPS.c.engine,
            *map(_of_its_revision, ("briefing_id", "state", "voice", "cast")),
            _TAKE,
        )
    )
