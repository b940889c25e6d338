"""What a holder does with its lease: renews it, finishes, puts the step off, tries again, gives up.

Each is one statement under the fence and safe to repeat; False means that the lease has been lost and nothing changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import CursorResult, bindparam, case, literal_column, select, update

from briefing.database import database_clock
from briefing.failpoints import Failpoint, reach
from briefing.models import StepRow
from briefing.observing.measures import FENCED_OFF, counted
from briefing.states import StepState

if TYPE_CHECKING:
    from sqlalchemy import Update
    from sqlalchemy.orm import Session

    from briefing.steps.claims import Lease

_STEPS = StepRow.table()

#: Seconds after which a step is tried that met for the first time what was away.
_SOON_S = 2.0

#: The step, as long as its lease is held.
_HELD = update(_STEPS).where(
    _STEPS.c.id == bindparam("step"),
    _STEPS.c.fence == bindparam("under"),
    _STEPS.c.state == literal_column(f"'{StepState.LEASED.value}'"),
)

#: Worded once: it is what becomes of nearly all.
_DONE = _HELD.values(state=literal_column(f"'{StepState.DONE.value}'"), lease_until=None, holder=None)

#: Locked, so that it stays true to the end of the transaction.
_HOLDER = select(_STEPS.c.holder).where(_STEPS.c.id == bindparam("step")).with_for_update()


def renew(session: Session, lease: Lease, lease_s: float) -> bool:
    """Extend the lease by `lease_s` from now; False when it has been lost."""
    held = _changed(session, lease, lease_until=database_clock() + lease_s)
    reach(Failpoint.STEP_RENEWED)
    return held


def finish(session: Session, lease: Lease) -> bool:
    """Mark the step done; False when the lease has been lost and the result must be dropped."""
    return _settled(_carried_out(session, lease, _DONE), Failpoint.STEP_FINISHED)


def wait_again(session: Session, lease: Lease) -> bool:
    """Put the step back to waiting because what it waited for turned out to be missing; spends no claim."""
    return _change(
        session,
        lease,
        Failpoint.STEP_WAITS_AGAIN,
        state=StepState.WAITING.value,
        lease_until=None,
        holder=None,
        attempts=_STEPS.c.attempts - 1,
        postponed=_STEPS.c.postponed + 1,
    )


def postpone(session: Session, lease: Lease, delay_s: float, code: str, *, failed: bool = True) -> bool:
    """Make the step ready again after `delay_s` seconds, for a transient failure; spends no claim.

    One that has not `failed`, but is not allowed yet, may be put off for ever; unless it has been promoted meanwhile:
    then what forbade it does not hold any more.
    """
    clock = database_clock()
    stays = _STEPS.c.queue == lease.queue.value
    return _reopen(
        session,
        lease,
        Failpoint.STEP_POSTPONED,
        attempts=_STEPS.c.attempts - 1,
        postponed=_STEPS.c.postponed + int(failed),
        not_before=clock + delay_s if failed else case((stays, clock + delay_s), else_=None),
        error_code=code,
    )


def stand_by(session: Session, lease: Lease, delay_s: float, code: str) -> bool:
    """Make the step ready again after `delay_s` seconds, since what all work needs is away: the storage, the database.
    Spends no claim, and none of the times that a transient failure may put it off, however long it takes.

    The first time it comes back sooner: most of what is away is back at once.
    """
    again = _STEPS.c.error_code == code
    soon, later = database_clock() + min(delay_s, _SOON_S), database_clock() + delay_s
    return _reopen(
        session,
        lease,
        Failpoint.STEP_POSTPONED,
        attempts=_STEPS.c.attempts - 1,
        not_before=case((again, later), else_=soon),
        error_code=code,
    )


def come_again(session: Session, lease: Lease, delay_s: float) -> bool:
    """Make a step that went well ready again in `delay_s` seconds, as new: one that is never done."""
    anew = {"attempts": 0, "postponed": 0, "not_before": database_clock() + delay_s, "error_code": None}
    return _reopen(session, lease, Failpoint.STEP_COMES_AGAIN, **anew)


def retry(session: Session, lease: Lease, code: str) -> bool:
    """Make the step ready again at once; the claim stays spent."""
    return _reopen(session, lease, Failpoint.STEP_RETRIED, error_code=code)


def give_back(session: Session, lease: Lease, holder: str | None = None) -> bool:
    """Make the step ready again because its worker was told to stop; spends no claim. With a `holder`, only where that
    has it: for who does not know whether the claim came through.
    """
    if holder is not None and session.scalar(_HOLDER, {"step": lease.step_id}) != holder:
        return False
    return _reopen(session, lease, Failpoint.STEP_GIVEN_BACK, attempts=_STEPS.c.attempts - 1)


def give_up(session: Session, lease: Lease, code: str) -> bool:
    """Mark the step dead with an error code."""
    return _change(
        session,
        lease,
        Failpoint.STEP_GIVEN_UP,
        state=StepState.DEAD.value,
        lease_until=None,
        holder=None,
        error_code=code,
    )


def _reopen(session: Session, lease: Lease, point: Failpoint, **values: Any) -> bool:  # noqa: ANN401  column values
    ready = {"state": StepState.READY.value, "ready_at": database_clock(), "rung_at": None}
    return _change(session, lease, point, lease_until=None, holder=None, **ready, **values)


def _change(session: Session, lease: Lease, point: Failpoint, **values: Any) -> bool:  # noqa: ANN401  column values
    return _settled(_changed(session, lease, **values), point)


def _settled(held: bool, point: Failpoint) -> bool:
    """Return whether the step was `held`; what comes too late is counted, and changes nothing."""
    if not held:
        counted.count(FENCED_OFF)
    reach(point)
    return held


def _changed(session: Session, lease: Lease, **values: Any) -> bool:  # noqa: ANN401  column values
    return _carried_out(session, lease, _HELD.values(**values))


def _carried_out(session: Session, lease: Lease, statement: Update) -> bool:
    result = session.execute(statement, {"step": lease.step_id, "under": lease.fence})
    assert isinstance(result, CursorResult)
    return result.rowcount == 1
