"""Why a revision that is being made does not go on just now, read from its steps. In words, with a stable code."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from api.problems import WAITS
from briefing import gates
from briefing.database import database_clock
from briefing.gates import GateState
from briefing.models import StepRow
from briefing.states import ACTIVE, PREPARING, RevisionState, StepState

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from briefing.models import RevisionRow


def waiting(session: Session, revision: RevisionRow) -> dict[str, object] | None:
    """Return code, message and moment of what is waited for; None for a revision that goes on."""
    step = _next_step(session, revision)
    if step is None:
        return None
    now = float(session.scalar(database_clock().select()) or 0.0)
    if step.engine:
        return _at_the_gate(session, step.engine, now)
    code = step.error_code or ("quiet_period" if step.kind in PREPARING else "")
    if step.not_before is None or step.not_before <= now or not code:
        return None
    return _said(code, WAITS.get(code, f"It is tried again after {code}"), step.not_before)


def _next_step(session: Session, revision: RevisionRow) -> StepRow | None:
    """Return the step that would be claimed next, None where one is under way or there is none."""
    if RevisionState(revision.state) not in ACTIVE:
        return None
    mine = select(StepRow).where(StepRow.revision_id == revision.id)
    if session.scalar(mine.where(StepRow.state == StepState.LEASED.value).limit(1)) is not None:
        return None
    ready = mine.where(StepRow.state == StepState.READY.value).order_by(StepRow.rank, StepRow.id)
    return session.scalars(ready.limit(1)).first()


def _at_the_gate(session: Session, engine: str, now: float) -> dict[str, object] | None:
    for name, gate, again_s in gates.gates(session):
        if name == engine and gate.state is not GateState.CLOSED:
            return _said("engine_paused", f"{WAITS['engine_paused']}: {gate.reason}", now + again_s)
        if name == engine and not gate.lets_through(now, 0):
            return _said("engine_busy", WAITS["engine_busy"], None)
    return None


def _said(code: str, message: str, until: float | None) -> dict[str, object]:
    return {"code": code, "message": message, "until": datetime.fromtimestamp(until, UTC) if until else None}
