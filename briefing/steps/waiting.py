"""Since when ready steps have waited for a worker, in SQL: one answer for what measures, alerts and the doctor tell.

Reads the table of steps; claims nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import case, func, or_, select

from briefing.gates import GateState
from briefing.models import GateRow, StepRow

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement


def since() -> ColumnElement[float | None]:
    """Return the moment, by the database's clock, since which a ready step could have been claimed."""
    # Whichever came last: a step freed today may have been put off once, long ago.
    return case(
        (StepRow.not_before > StepRow.ready_at, StepRow.not_before),
        else_=func.coalesce(StepRow.ready_at, StepRow.not_before),
    )


def is_due(now: float | ColumnElement[float]) -> ColumnElement[bool]:
    """Return whether a step is put off no more."""
    return or_(StepRow.not_before.is_(None), StepRow.not_before <= now)


def is_gated() -> ColumnElement[bool]:
    """Return whether a step is of an engine that is given a rest: no worker would change that."""
    return StepRow.engine.in_(select(GateRow.engine).where(GateRow.state != GateState.CLOSED.value))
