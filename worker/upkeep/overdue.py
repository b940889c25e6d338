"""Ends what was asked for and not made within its deadline: as failed, told like any failure. The sweep's part.

A deadline counts from when the first step of a revision could have been claimed: what waits for a quiet period, a
budget or a quota is not late, and what somebody asked for anew as interactive counts from then. It counts only while
the installation could work. Where nobody looked for an hour (all was stopped, the database was away), no worker was
there or something waited for the storage, that time counts for nobody: an outage of a week fails nothing.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select

from briefing import revisions
from briefing.database import clock_s
from briefing.errors import DatabaseUnavailable, Overdue, StorageFull, StorageUnavailable
from briefing.models import HealthRow, RevisionRow, StepRow
from briefing.observing.logs import get_logger
from briefing.observing.workers import heard_of
from briefing.sql.rows import put
from briefing.states import ACTIVE, PREPARING, Queue, RevisionState, StepState
from briefing.steps import waiting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.orm import Session

    from worker.workplace import Workplace

#: Seconds between two looks, and after which the time since the last one counts for nobody.
EVERY_S = 600.0
GAP_S = 3600.0

#: Revisions that one look ends, each in a transaction of its own.
_MOST = 100

_DAY_S = 86_400.0

#: What can be late. What is being published is finished, and waits for the storage alone.
_MADE = ACTIVE - {RevisionState.PUBLISHING}

#: Why steps stand by for what all work needs.
_AWAY = [error.code for error in (StorageUnavailable, StorageFull, DatabaseUnavailable)]

_log = get_logger("overdue")

#: From when until when nobody could work, in seconds by the database's clock.
Gap = tuple[float, float]


def tend(place: Workplace) -> None:
    """Look what is late, if it is time, and fail it. Raises DatabaseUnavailable."""
    days = {Queue.INTERACTIVE: place.work.deadline_days, Queue.BULK: place.work.deadline_bulk_days}
    limits = {queue: limit * _DAY_S for queue, limit in days.items() if limit}
    if not limits:
        return
    with place.database.reading() as session:
        now = clock_s(session)
        row = session.get(HealthRow, "deadlines")
        if row is not None and 0 <= now - row.reported_at < EVERY_S:
            return
        if _stands_still(session):
            return
        gaps = _gaps(row, now)
        cutoffs = {queue: cutoff(now, limit, gaps) for queue, limit in limits.items()}
        found = _late(session, cutoffs)
    gaps = [gap for gap in gaps if gap[1] > min(cutoffs.values())]
    with place.database.writing() as session:
        put(session, HealthRow, name="deadlines", state="ok", detail=json.dumps(gaps), reported_at=now)
    for revision_id, queue in found:
        _end(place, revision_id, days[queue])


def cutoff(now: float, limit_s: float, gaps: Iterable[Gap]) -> float:
    """Return the moment since which `limit_s` seconds have passed, those of `gaps` (in order of time) not counted."""
    left, until = limit_s, now
    for begun, ended in reversed([*gaps]):
        if until - ended >= left:
            break
        left -= until - ended
        until = begun
    return until - left


def _gaps(row: HealthRow | None, now: float) -> list[Gap]:
    """Return when nobody could work. All is counted from the first look on."""
    if row is None:
        return [(0.0, now)]
    # Not what is after now: the database's clock was ahead then, as when its host is back, and has been set right.
    gaps = [(begun, min(ended, now)) for begun, ended in json.loads(row.detail) if begun < now]
    return [*gaps, (row.reported_at, now)] if now - row.reported_at > GAP_S else gaps


def _stands_still(session: Session) -> bool:
    """Tell whether nobody can be late now: there is no worker, or the storage takes or gives nothing."""
    stands_by = select(StepRow.id).where(StepRow.state == StepState.READY.value, StepRow.error_code.in_(_AWAY))
    return not heard_of(session, "worker")[0] or session.scalar(stands_by.limit(1)) is not None


def _late(session: Session, cutoffs: Mapping[Queue, float]) -> list[tuple[int, Queue]]:
    """Return what is being made and was to begin before its cutoff, with the queue in which it began."""
    late = [and_(StepRow.queue == queue.value, waiting.since() < moment) for queue, moment in cutoffs.items()]
    rows = session.execute(
        select(RevisionRow.id, StepRow.queue)
        .join(StepRow, StepRow.revision_id == RevisionRow.id)
        .where(
            RevisionRow.state.in_([state.value for state in _MADE]),
            StepRow.kind.in_([kind.value for kind in PREPARING]),
            or_(*late),
        )
        .order_by(RevisionRow.id)
        .limit(_MOST)
    )
    return [(row.id, Queue(row.queue)) for row in rows]


def _end(place: Workplace, revision_id: int, days: float) -> None:
    with place.database.writing() as session:
        revision = revisions.locked_in_briefing(session, revision_id)
        if RevisionState(revision.state) not in _MADE:
            return
        told = {"revision": revision_id, "briefing": revision.briefing_id, "request_id": revision.request_id}
        _log.error("overdue", state=revision.state, days=days, **told)
        error = Overdue(f"it was not made within {days:g} days, and was still {revision.state}")
        revisions.fail(session, revision_id, error, datetime.now(UTC))
