"""Gates as rows: made, looked at, passed and settled, by all workers of all hosts. Decides nothing: see `gate`.

A gate's row is locked from the look at it until the step behind it is claimed, so that two workers never both take
the last token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from briefing.database import database_clock
from briefing.failpoints import Failpoint, reach
from briefing.gates.gate import OPEN_S, Bounds, Gate, GateState
from briefing.models import GateRow, StepRow
from briefing.sql.rows import add_unless_there
from briefing.states import Queue, StepState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

_LONGEST_REASON = 500


def ensure(session: Session, engine: str, bounds: Bounds) -> None:
    """Have a gate before `engine`, with the bounds that hold now. Needs a writing session."""
    burst = max(1.0, bounds.per_second)
    values = {
        "per_second": bounds.per_second,
        "most_at_once": bounds.most_at_once,
        "request_characters": bounds.request_characters,
    }
    first = {"tokens": burst, "filled_at": _now(session), "state": GateState.CLOSED.value, "outcomes": []}
    add_unless_there(session, GateRow, engine=engine, open_s=OPEN_S[0], reason="", **first, **values)
    row = session.get_one(GateRow, engine)
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
    session.flush()


def passable(session: Session, *, lock: bool = False) -> list[str]:
    """Return the engines of which a step may be claimed now, locked where it is to be."""
    statement = select(GateRow).order_by(GateRow.engine)  # in one order, so that no two wait for one another
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    rows = session.scalars(statement).all()
    if not rows:
        return []
    now = _now(session)
    return [row.engine for row in rows if gate_of(row).lets_through(now, _at_once(session, row))]


def take(session: Session, engine: str, characters: int) -> float | None:
    """Note that a step of so many characters was let through; return the epoch it bears. Needs the lock of
    `passable`.
    """
    row = session.get_one(GateRow, engine)
    gate = gate_of(row).taken(_now(session), characters)
    _write(row, gate)
    session.flush()
    reach(Failpoint.GATE_TAKEN)
    return gate.epoch


def settle(session: Session, engine: str, *, epoch: float | None, well: bool | None, reason: str = "") -> Gate | None:
    """Note how a step of `engine` ended that bears an `epoch`; return the gate as it is now, None where there is none.

    `well` is None where that says nothing of the engine. Needs a writing session.
    """
    row = session.get(GateRow, engine, with_for_update=True, populate_existing=True)
    if row is None:
        return None
    gate = gate_of(row).after(_now(session), epoch=epoch, well=well, reason=reason)
    _write(row, gate)
    session.flush()
    reach(Failpoint.GATE_SETTLED)
    return gate


def gates(session: Session) -> Iterator[tuple[str, Gate, float]]:
    """Give every engine with its gate and the seconds until it may be tried again."""
    now = _now(session)
    for row in session.scalars(select(GateRow).order_by(GateRow.engine)):
        gate = gate_of(row)
        yield row.engine, gate, gate.opens_again_s(now)


def gate_of(row: GateRow) -> Gate:
    """Return a row as a value."""
    return Gate(
        Bounds(row.per_second, row.most_at_once, row.request_characters),
        tokens=row.tokens,
        filled_at=row.filled_at,
        state=GateState(row.state),
        outcomes=tuple(row.outcomes),
        opened_at=row.opened_at,
        open_s=row.open_s,
        probe_until=row.probe_until,
        reason=row.reason,
    )


def _write(row: GateRow, gate: Gate) -> None:
    row.tokens, row.filled_at, row.state = gate.tokens, gate.filled_at, gate.state.value
    row.outcomes, row.opened_at, row.open_s = list(gate.outcomes), gate.opened_at, gate.open_s
    row.probe_until, row.reason = gate.probe_until, gate.reason[:_LONGEST_REASON]


def _at_once(session: Session, row: GateRow) -> int:
    if not row.most_at_once:
        return 0
    statement = select(func.count()).where(
        StepRow.state == StepState.LEASED.value, StepRow.queue == Queue.ONLINE.value, StepRow.engine == row.engine
    )
    return session.scalar(statement) or 0


def _now(session: Session) -> float:
    return float(session.scalar(database_clock().select()) or 0.0)
