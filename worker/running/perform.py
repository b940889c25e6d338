"""Performs one step: claim, keep the lease, call its task, settle how it went. The one seam where failures are sorted.

Final failures fail the revision with their code, transient ones put the step off, defects are tried again while claims
last; where a voice cannot speak, its fallback does (`worker.running.failing`). Anything unforeseen spends the claim
and goes up, so that a process in an unknown state is replaced.
"""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import bindparam, select

from briefing import steps
from briefing.backoff import MAX_POSTPONED, compute_backoff
from briefing.database import database_clock
from briefing.errors import (
    AddressRefused,
    ArticleNotFound,
    BriefcastError,
    DatabaseUnavailable,
    Defect,
    EngineNotInstalled,
    EngineUnavailable,
    NarratorAway,
    PageRefused,
    PutOff,
    SourceUnavailable,
    StorageUnavailable,
    TakeRejected,
    Unavailable,
    WatermarkNotInstalled,
)
from briefing.failpoints import Failpoint, reach
from briefing.models import StepRow
from briefing.observing.faults import going_on
from briefing.observing.logs import get_logger
from briefing.observing.measures import ATTEMPTS, FETCH_ERRORS, STEP_DURATION, STEP_FAILURES, counted
from briefing.states import PREPARING, Queue, StepKind, StepState
from worker.pipeline import DEADLINE_S
from worker.running.failing import after_given_up, lock_owner
from worker.running.shift import Shift, Wanted
from worker.tasks import TASKS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from briefing.steps import Lease
    from worker.running.shift import Assignment
    from worker.workplace import Workplace

#: Longest delay while the disk is full or the database away: work resumes within this long after (guarantees F13).
_STORAGE_DELAY_S = 30.0

#: Seconds between two tries to write down what became of a step while the database is away.
_AWAY_S = 1.0

#: Error code of a step that raised something unforeseen.
INTERNAL_ERROR = "internal_error"

#: What all work needs and waits for, however long: that says nothing of a step, and uses nothing of it up.
_AWAY = (StorageUnavailable, DatabaseUnavailable)

#: What fetching raises.
_OF_FETCHING = (SourceUnavailable, ArticleNotFound, PageRefused, AddressRefused)

_STEPS = StepRow.table()
_RUNG = select(_STEPS.c.state, _STEPS.c.queue, _STEPS.c.kind, _STEPS.c.engine).where(_STEPS.c.id == bindparam("step"))

_log = get_logger("perform")
_chance = random.Random()


def perform_next(
    place: Workplace,
    queues: Sequence[Queue],
    step_id: int | None = None,
    *,
    bulk: bool = True,
    shift: Shift | None = None,
    wanted: Wanted | None = None,
) -> Queue | None:
    """Claim and perform one step of `queues`; return its queue, or None where there was none.

    A `step_id` is a broker's ring: it has one step of that one's queue and kind done, the one whose turn it is, so that
    the order of messages is not the order of work. The step it names is rung anew where that was another one.

    Without `bulk` none of the back catalogue is done, by online engines neither. In a `shift`, the step that the one
    before has claimed is performed, if there is one. `wanted` says the same as `queues` and `bulk`, and more.

    Raises whatever a task raises that is no BriefcastError, after giving the step back with its claim spent.
    """
    shift = shift or Shift(place)
    lease = shift.take() or _claimed(place, shift, wanted or Wanted(queues, tuple(TASKS), bulk=bulk), step_id)
    if lease is None or not shift.begins(lease):
        return None
    try:
        with (
            structlog.contextvars.bound_contextvars(
                step=lease.step_id,
                briefing=lease.briefing_id,
                revision=lease.revision_id,
                kind=lease.kind.value,
                fence=lease.fence,
                attempt=lease.attempts,
                request_id=lease.request_id,
            ),
            place.leases.kept(lease, min(DEADLINE_S[lease.kind], place.work.step_s)),
        ):
            _perform(lease, place)
    except BaseException:
        shift.end()
        raise
    return lease.queue


def _claimed(place: Workplace, shift: Shift, wanted: Wanted, step_id: int | None) -> Assignment | None:
    """Claim a step by itself, having looked first whether there is one."""
    rung = None
    with place.database.reading() as session:
        if step_id is not None:
            rung = session.execute(_RUNG, {"step": step_id}).first()
            wanted = Wanted(*_meant_by(rung), bulk=wanted.bulk)
        due = steps.is_due(session, wanted.queues, bulk=wanted.bulk)
    lease = None
    if due:
        with place.database.writing() as session:
            lease = shift.claim(session, wanted)
    # Also where there was none to claim: the step may have been passed over while the dispatcher, or who looked for
    # another kind of step, held its row. Behind a gate it is rung again soon by itself.
    used_up = rung is not None and rung.state == StepState.READY and not rung.engine
    if used_up and step_id is not None and (lease is None or lease.step_id != step_id):
        # Where it cannot be, it is rung anew in a minute; what has been claimed is to be done.
        with going_on("having a step rung anew", step=step_id), place.database.writing() as session:
            steps.unmark(session, step_id)
    return lease


def _meant_by(rung: Any) -> tuple[tuple[Queue, ...], tuple[StepKind, ...]]:  # noqa: ANN401  a row
    """Return the queue and kind of a step that was rung for; none for one that is gone, or of a kind not known here."""
    known = rung is not None and rung.kind in TASKS
    return ((Queue(rung.queue),), (StepKind(rung.kind),)) if rung is not None and known else ((), ())


def _perform(lease: Lease, place: Workplace) -> None:
    _log.info("step started")
    counted.count(ATTEMPTS, lease.kind.value)
    place.at_hand.begin(lease)
    begun = time.monotonic()
    settled = False
    try:
        reach(Failpoint.PERFORM_CLAIMED)
        TASKS[lease.kind](lease, place)
        settled = True
        _log.info("step finished", duration_s=round(time.monotonic() - begun, 3))
    except BriefcastError as error:
        _settle(lease, place, error)
        settled = True
    except (KeyboardInterrupt, SystemExit):
        with place.database.writing() as session:
            steps.give_back(session, lease)
        settled = True
        raise
    finally:
        place.at_hand.end()
        counted.observe(STEP_DURATION, time.monotonic() - begun, lease.kind.value, _engine_of(lease, place))
        if not settled:
            _abandon(lease, place)


def _engine_of(lease: Lease, place: Workplace) -> str:
    """Return which engine a step had speak; empty where none did, or where its voice is not known here."""
    voice = lease.payload.get("chunk", {}).get("voice")
    return place.speakers.catalogue.get(voice).engine if voice and voice in place.speakers.catalogue else ""


def _settle(lease: Lease, place: Workplace, error: BriefcastError) -> None:
    """Decide what becomes of a step that failed for a known reason."""
    if isinstance(error, DatabaseUnavailable):
        _wait_for_database(place)
    delay_s = delay_after(error, lease.postponed)
    counted.count(STEP_FAILURES, lease.kind.value, error.code)
    if lease.kind in PREPARING and isinstance(error, _OF_FETCHING):
        counted.count(FETCH_ERRORS, error.code)
    # A rejected take has been tried in every way there is; the same once more would end the same.
    again = isinstance(error, Defect) and not isinstance(error, TakeRejected)
    with place.database.writing() as session:
        if delay_s is not None and isinstance(error, _AWAY):
            held = steps.stand_by(session, lease, delay_s, error.code)
        elif delay_s is not None:
            held = steps.postpone(session, lease, delay_s, error.code, failed=not isinstance(error, PutOff))
        elif again and lease.attempts < steps.MAX_ATTEMPTS:
            held = steps.retry(session, lease, error.code)
        else:
            held = _give_up(session, lease, place, error)
    _log.warning("step failed", code=error.code, message=error.message, again_in_s=delay_s, held=held)


def _wait_for_database(place: Workplace) -> None:
    """Wait until the database answers again, for as long as a lease lasts: while it holds, nobody else does the step.

    Whether what was cut short has been committed need not be known: what is written next is written under the fence,
    and changes nothing if the step is done. Raises DatabaseUnavailable.
    """
    until = time.monotonic() + place.work.lease_s
    while True:
        try:
            with place.database.reading() as session:
                session.scalar(database_clock().select())
        except DatabaseUnavailable as error:
            if time.monotonic() > until:
                raise
            _log.warning("waiting for the database", message=error.message)
            time.sleep(_AWAY_S)
        else:
            return


def _give_up(session: Session, lease: Lease, place: Workplace, error: BriefcastError) -> bool:
    """Give the step up, and see to its revision; False when the lease has been lost and nothing is changed."""
    lock_owner(session, lease.step_id, lease.revision_id)
    if not steps.give_up(session, lease, error.code):
        return False
    after_given_up(session, lease.step_id, error, place.speakers.catalogue, datetime.now(UTC))
    return True


def delay_after(error: BriefcastError, postponed: int) -> float | None:
    """Return the seconds until a step that met `error` is worth another try, None when waiting does not help."""
    if isinstance(error, PutOff):
        return error.delay_s
    if isinstance(error, _AWAY):
        return _STORAGE_DELAY_S * (1 - _chance.random() / 2)
    if isinstance(error, NarratorAway) and postponed < MAX_POSTPONED:
        # Twice as long each time, in all what it may wait.
        return error.wait_s * (1 << postponed) / ((1 << MAX_POSTPONED) - 1)
    lasting = isinstance(error, EngineNotInstalled | WatermarkNotInstalled)
    if not isinstance(error, Unavailable) or lasting or postponed >= MAX_POSTPONED:
        return None
    wish = error.retry_after_s if isinstance(error, SourceUnavailable | EngineUnavailable) else None
    return compute_backoff(postponed, _chance, wish)


def _abandon(lease: Lease, place: Workplace) -> None:
    """Give a step back after something unforeseen, or up when its claims are spent."""
    counted.count(STEP_FAILURES, lease.kind.value, INTERNAL_ERROR)
    with place.database.writing() as session:
        if lease.attempts < steps.MAX_ATTEMPTS:
            steps.retry(session, lease, INTERNAL_ERROR)
        else:
            error = BriefcastError("an internal error, three times over", hint="The worker's log has the trace.")
            _give_up(session, lease, place, error)
    _log.exception("step abandoned")
