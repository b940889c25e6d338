"""The processes that work, as they report themselves: a row each, with what they do and what they have counted.

A process that ended leaves its counts behind in one row for all of them, so that sums never fall. Decides nothing about
steps: leases tell who holds what.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select, update

from briefing.database import database_clock
from briefing.models import WorkerRow
from briefing.sql.rows import add_unless_there, put

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.orm import Session

#: Seconds after which a process that has said nothing is taken for silent: several of its reports, at any setting.
SILENT_S = 60.0

#: Seconds after which a silent one is taken for gone, and its counts are added to those of the others that ended. Long,
#: since one that was only stopped would report its counts once more.
_GONE_S = 86_400.0

#: The row of all that ended.
RETIRED = "retired"


@dataclass(frozen=True)
class Report:
    """What a process says of itself."""

    name: str
    role: str
    host: str
    pid: int
    version: str
    measures: Mapping[str, float]
    memory_bytes: int | None = None
    step_id: int | None = None
    step_kind: str | None = None
    step_age_s: float | None = None
    """Seconds since the step at hand began, by the process's own monotonic clock."""
    stopped: bool = False


def report(session: Session, told: Report) -> None:
    """Write down what a process reports. Needs a writing session."""
    now = float(session.scalar(database_clock().select()) or 0.0)
    put(
        session,
        WorkerRow,
        {"role": told.role, "host": told.host, "pid": told.pid, "started_at": now},
        name=told.name,
        version=told.version,
        reported_at=now,
        stopped=told.stopped,
        step_id=told.step_id,
        step_kind=told.step_kind,
        step_at=None if told.step_age_s is None else now - told.step_age_s,
        memory_bytes=told.memory_bytes,
        measures=dict(told.measures),
    )


def mark_stopped(session: Session, name: str) -> None:
    """Note that a process is known to be gone. Needs a writing session."""
    session.execute(update(WorkerRow).where(WorkerRow.name == name).values(stopped=True))


def retire(session: Session) -> int:
    """Add the counts of processes that ended to the row of all such, and remove theirs; return how many. Needs a
    writing session.
    """
    gone = session.scalars(
        select(WorkerRow)
        .where(
            WorkerRow.name != RETIRED,
            or_(WorkerRow.stopped, WorkerRow.reported_at < database_clock() - _GONE_S),
        )
        .order_by(WorkerRow.name)
        .with_for_update(skip_locked=True)
    ).all()
    if gone:
        # There before it is locked: of two that retire at once, one would overwrite the other's sums, or fail.
        now = float(session.scalar(database_clock().select()) or 0.0)
        first = {"role": RETIRED, "host": "", "pid": 0, "version": "", "started_at": now, "reported_at": now}
        add_unless_there(session, WorkerRow, name=RETIRED, measures={}, stopped=True, **first)
        before = session.get_one(WorkerRow, RETIRED, with_for_update=True, populate_existing=True)
        sums = added([before.measures, *(row.measures for row in gone)])
        report(session, Report(RETIRED, RETIRED, "", 0, "", sums, stopped=True))
        for row in gone:
            session.delete(row)
    return len(gone)


def added(reports: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """Return the sums of several processes' counts."""
    sums: dict[str, float] = {}
    for counts in reports:
        for key, value in counts.items():
            sums[key] = sums.get(key, 0.0) + float(value)
    return sums


def heard_of(session: Session, role: str) -> tuple[int, int]:
    """Return how many processes of `role` have reported lately, and how many have fallen silent without a word."""
    told = select(func.count()).where(WorkerRow.role == role, WorkerRow.stopped.is_(False))
    since = database_clock() - SILENT_S
    lately = session.scalar(told.where(WorkerRow.reported_at >= since)) or 0
    return lately, (session.scalar(told.where(WorkerRow.reported_at < since)) or 0)
