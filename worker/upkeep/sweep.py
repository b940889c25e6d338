"""What must be done now and then by somebody: free lost steps, conclude what has no claim left, remove stray files.

Called by the embedded runner and by the dispatcher; doing it twice at once does no harm.
"""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from briefing import steps
from briefing.errors import BriefcastError, DatabaseUnavailable, StorageUnavailable
from briefing.failpoints import Failpoint, reach
from briefing.observing import workers
from briefing.observing.faults import going_on
from briefing.observing.logs import get_logger
from briefing.observing.measures import FAULTS, LEASES_EXPIRED, counted
from briefing.states import StepKind
from briefing.storage import TEMPORARY_NAME
from worker.digests import summarising
from worker.installation import sealing_rows
from worker.notices import due
from worker.running.engine_gates import fall_back_where_open
from worker.running.failing import after_given_up, lock_owner
from worker.sources import polling
from worker.stream.clearing import clear_streams
from worker.upkeep import audience, overdue, retention, tallying, unheld, vocabulary

if TYPE_CHECKING:
    from pathlib import Path

    from briefing.steps import Lost
    from worker.workplace import Workplace

#: A file in the making that is this old, in seconds, belongs to nobody: the longest step takes half an hour.
_STRAY_AGE_S = 3600.0

_log = get_logger("sweep")


def sweep(place: Workplace) -> list[Lost]:
    """Free the steps whose lease ran out, and only then do what can wait, whose faults end nothing. Returns the steps.

    Raises DatabaseUnavailable.
    """
    lost = free_expired(place)
    with going_on("removing stray files"):
        remove_strays(place.storage.temporary(".probe").parent)
    for what in (
        fall_back_where_open,
        overdue.tend,
        clear_streams,
        audience.tend,
        retention.tend,
        vocabulary.tend,
        tallying.tend,
        due.tend,
        polling.tend,
        unheld.tend,
        summarising.tend,
        sealing_rows.tend,
    ):
        try:
            what(place)
        except DatabaseUnavailable:
            raise
        except StorageUnavailable as error:
            counted.count(FAULTS, "sweeping", error.code)
            _log.warning("storage away in the sweep", doing=f"{what.__module__}.{what.__name__}", message=error.message)
        except Exception:  # noqa: BLE001
            # Whoever sweeps has more important things to do than to die of this; the next round tries again.
            _log.exception("part of the sweep failed", doing=f"{what.__module__}.{what.__name__}")
    return lost


def free_expired(place: Workplace) -> list[Lost]:
    """Free the steps whose lease ran out and see to the revisions of those given up. Returns all of them."""
    with place.database.writing() as session:
        lost = _released(steps.release_expired(session))
    return _settled(lost, place)


def free_held_by(place: Workplace, holder: str) -> list[Lost]:
    """The same for the steps of a process that is known to be gone."""
    with place.database.writing() as session:
        workers.mark_stopped(session, holder)
        lost = _released(steps.release_held_by(session, holder))
    return _settled(lost, place)


def _released(lost: list[Lost]) -> list[Lost]:
    if lost:
        reach(Failpoint.SWEEP_BEFORE_COMMIT)
    return lost


def _settled(lost: list[Lost], place: Workplace) -> list[Lost]:
    for step in lost:
        counted.count(LEASES_EXPIRED)
        told = {"step": step.step_id, "revision": step.revision_id, "request_id": step.request_id}
        _log.warning("worker lost", holder=step.holder, dead=step.dead, **told)
        if step.dead:
            _give_up(step, place)
    for revision_id in sorted({step.revision_id for step in lost if step.revision_id and step.kind == StepKind.SPEAK}):
        with place.database.writing() as session:
            steps.stand_back(session, revision_id)
    if lost:
        reach(Failpoint.SWEEP_AFTER_COMMIT)
    return lost


def _give_up(lost: Lost, place: Workplace) -> None:
    """Give up a step with no claim left. If we die before, the next sweep finds it again."""
    error = BriefcastError(
        f"the worker vanished {steps.MAX_ATTEMPTS} times over this step",
        code=steps.WORKER_LOST,
        hint="Look for a crash or a lack of memory in the workers' log, then regenerate.",
    )
    with place.database.writing() as session:
        lock_owner(session, lost.step_id, lost.revision_id)
        if steps.bury(session, lost):
            after_given_up(session, lost.step_id, error, place.speakers.catalogue, datetime.now(UTC))


def remove_strays(folder: Path) -> int:
    """Remove files in the making that nobody works on any more; return how many. Only what has a name of ours."""
    removed = 0
    for path in strays(folder, time.time()):
        with suppress(OSError):  # removed by another sweep in this very moment
            path.unlink()
            removed += 1
    return removed


def strays(folder: Path, now: float) -> list[Path]:
    """Return files in the making that nobody works on any more. `now` in seconds since the epoch."""
    found = []
    for path in folder.glob("*"):
        with suppress(OSError):  # finished in this very moment
            if TEMPORARY_NAME.fullmatch(path.name) and now - path.stat().st_mtime > _STRAY_AGE_S:
                found.append(path)
    return found
