"""Performs one step: claim, keep the lease, call its task, settle how it went. The one seam where failures are sorted.

Final failures fail the revision with their code, transient ones put the step off, defects are tried again while claims
last; where a voice cannot speak, its fallback does (`worker.failing`). Anything unforeseen spends the claim and goes
up, so that a process in an unknown state is replaced.
"""

from __future__ import annotations

import random
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import bindparam, select

from briefing import revisions, steps
from briefing.backoff import MAX_POSTPONED, compute_backoff
from briefing.errors import (
    BriefcastError,
    DatabaseUnavailable,
    Defect,
    EngineNotInstalled,
    EngineUnavailable,
    SourceUnavailable,
    StorageUnavailable,
    TakeRejected,
    Unavailable,
    WatermarkNotInstalled,
)
from briefing.logs import get_logger
from briefing.models import RevisionRow
from worker.failing import after_given_up
from worker.pipeline import DEADLINE_S
from worker.tasks import TASKS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.orm import Session

    from briefing.states import Queue
    from briefing.steps import Lease
    from worker.workplace import Workplace

#: Longest delay while the disk is full: work resumes within this long once there is space (guarantees F13).
_STORAGE_DELAY_S = 30.0

#: Error code of a step that raised something unforeseen.
INTERNAL_ERROR = "internal_error"

_BRIEFING = select(RevisionRow.table().c.briefing_id).where(RevisionRow.table().c.id == bindparam("revision"))

_log = get_logger("perform")
_chance = random.Random()


def perform_next(place: Workplace, queues: Sequence[Queue], step_id: int | None = None) -> bool:
    """Claim and perform one step of `queues`, or the one of `step_id`; tell whether there was one.

    Raises whatever a task raises that is no BriefcastError, after giving the step back with its claim spent.
    """
    if step_id is None:
        with place.database.reading() as session:
            if not steps.is_due(session, queues):
                return False
    with place.database.writing() as session:
        lease = steps.claim(
            session, holder=place.holder, lease_s=place.work.lease_s, queues=queues, kinds=tuple(TASKS), step_id=step_id
        )
        briefing = session.scalar(_BRIEFING, {"revision": lease.revision_id}) if lease else None
    if lease is None:
        return False
    with (
        structlog.contextvars.bound_contextvars(
            step=lease.step_id,
            briefing=briefing,
            revision=lease.revision_id,
            kind=lease.kind.value,
            fence=lease.fence,
            attempt=lease.attempts,
        ),
        _kept(lease, place),
    ):
        _perform(lease, place)
    return True


def _perform(lease: Lease, place: Workplace) -> None:
    _log.info("step started")
    settled = False
    try:
        TASKS[lease.kind](lease, place)
        settled = True
        _log.info("step finished")
    except BriefcastError as error:
        _settle(lease, place, error)
        settled = True
    except (KeyboardInterrupt, SystemExit):
        with place.database.writing() as session:
            steps.give_back(session, lease)
        settled = True
        raise
    finally:
        if not settled:
            _abandon(lease, place)


def _settle(lease: Lease, place: Workplace, error: BriefcastError) -> None:
    """Decide what becomes of a step that failed for a known reason."""
    delay_s = delay_after(error, lease.postponed)
    # A rejected take has been tried in every way there is; the same once more would end the same.
    again = isinstance(error, Defect) and not isinstance(error, TakeRejected)
    with place.database.writing() as session:
        if delay_s is not None:
            held = steps.postpone(session, lease, delay_s, error.code)
        elif again and lease.attempts < steps.MAX_ATTEMPTS:
            held = steps.retry(session, lease, error.code)
        else:
            held = _give_up(session, lease, place, error)
    _log.warning("step failed", code=error.code, message=error.message, again_in_s=delay_s, held=held)


def _give_up(session: Session, lease: Lease, place: Workplace, error: BriefcastError) -> bool:
    """Give the step up, and see to its revision; False when the lease has been lost and nothing is changed."""
    if lease.revision_id is not None:
        revisions.locked(session, lease.revision_id)
    if not steps.give_up(session, lease, error.code):
        return False
    after_given_up(session, lease.step_id, error, place.speakers.catalogue, datetime.now(UTC))
    return True


def delay_after(error: BriefcastError, postponed: int) -> float | None:
    """Return the seconds until a step that met `error` is worth another try, None when waiting does not help."""
    if isinstance(error, StorageUnavailable):
        return min(_STORAGE_DELAY_S, compute_backoff(postponed, _chance))
    lasting = isinstance(error, EngineNotInstalled | WatermarkNotInstalled)
    if not isinstance(error, Unavailable) or lasting or postponed >= MAX_POSTPONED:
        return None
    wish = error.retry_after_s if isinstance(error, SourceUnavailable | EngineUnavailable) else None
    return compute_backoff(postponed, _chance, wish)


def _abandon(lease: Lease, place: Workplace) -> None:
    """Give a step back after something unforeseen, or up when its claims are spent."""
    with place.database.writing() as session:
        if lease.attempts < steps.MAX_ATTEMPTS:
            steps.retry(session, lease, INTERNAL_ERROR)
        else:
            error = BriefcastError("an internal error, three times over", hint="The worker's log has the trace.")
            _give_up(session, lease, place, error)
    _log.exception("step abandoned")


@contextmanager
def _kept(lease: Lease, place: Workplace) -> Iterator[None]:
    """Renew the lease every third of it, until the end or the kind's deadline."""
    over = threading.Event()
    interval_s = place.work.lease_s / 3
    rounds = int(DEADLINE_S[lease.kind] / interval_s)

    def renew() -> None:
        for _ in range(rounds):
            if over.wait(interval_s):
                return
            try:
                with place.database.writing() as session:
                    held = steps.renew(session, lease, place.work.lease_s)
            except DatabaseUnavailable as error:
                # Twice more before the lease runs out; a database that is away for longer frees the step, rightly.
                _log.warning("lease not renewed", step=lease.step_id, message=error.message)
                continue
            if not held:
                _log.warning("lease lost", step=lease.step_id)
                return

    renewing = threading.Thread(target=renew, name=f"lease-{lease.step_id}", daemon=True)
    renewing.start()
    try:
        yield
    finally:
        over.set()
        renewing.join()
