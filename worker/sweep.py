"""What must be done now and then by somebody: free lost steps, conclude what has no claim left, remove stray files.

Called by the embedded runner and by the dispatcher; doing it twice at once does no harm.
"""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from briefing import steps
from briefing.errors import BriefcastError, StorageUnavailable
from briefing.logs import get_logger
from briefing.storage import TEMPORARY_NAME
from worker.failing import after_given_up

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sqlalchemy.orm import Session

    from briefing.steps import Lost
    from worker.workplace import Workplace

#: A file in the making that is this old, in seconds, belongs to nobody: the longest step takes half an hour.
_STRAY_AGE_S = 3600.0

_log = get_logger("sweep")


def sweep(place: Workplace) -> list[Lost]:
    """Free the steps whose lease ran out and remove files nobody works on any more. Returns the steps.

    Raises DatabaseUnavailable.
    """
    with suppress(StorageUnavailable):
        remove_strays(place.storage.temporary(".probe").parent)
    return free_expired(place)


def free_expired(place: Workplace) -> list[Lost]:
    """Free the steps whose lease ran out and see to the revisions of those given up. Returns all of them."""
    with place.database.writing() as session:
        return _settled(session, steps.release_expired(session), place)


def free_held_by(place: Workplace, holder: str) -> list[Lost]:
    """The same for the steps of a process that is known to be gone."""
    with place.database.writing() as session:
        return _settled(session, steps.release_held_by(session, holder), place)


def _settled(session: Session, lost: Sequence[Lost], place: Workplace) -> list[Lost]:
    for step in lost:
        _log.warning("worker lost", step=step.step_id, revision=step.revision_id, holder=step.holder, dead=step.dead)
        if step.dead:
            error = BriefcastError(
                f"the worker vanished {steps.MAX_ATTEMPTS} times over this step",
                code=steps.WORKER_LOST,
                hint="Look for a crash or a lack of memory in the workers' log, then regenerate.",
            )
            after_given_up(session, step.step_id, error, place.speakers.catalogue, datetime.now(UTC))
    return list(lost)


def remove_strays(folder: Path) -> int:
    """Remove files in the making that nobody works on any more; return how many. Only what has a name of ours."""
    removed = 0
    for path in folder.glob("*"):
        try:
            if TEMPORARY_NAME.fullmatch(path.name) and time.time() - path.stat().st_mtime > _STRAY_AGE_S:
                path.unlink()
                removed += 1
        except OSError:
            continue  # finished, or removed by another sweep, in this very moment
    return removed
