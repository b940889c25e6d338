"""The database: whole, at the newest schema, and telling the same time as this machine."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sqlalchemy import func, select, text

from briefing.database import clock_s
from briefing.models import Base
from briefing.sql.schema import current, is_newer, newest
from worker.doctor.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from worker.workplace import Workplace

#: Seconds by which clocks may differ: leases go by the database's, webhooks' and signatures' times by this one's.
_SKEW_S = 5.0

_MOST_FAULTS = 20


def is_behind(place: Workplace) -> bool:
    """Tell whether the database is at an older schema than this version's; one that cannot be read is at none."""
    found = current(place.database)
    return found not in {None, newest()} and not is_newer(found)


def look(place: Workplace, fix: bool) -> Iterator[Finding]:  # noqa: ARG001  nothing here mends itself
    """Yield what is wrong with the database. Raises DatabaseUnavailable."""
    with place.database.reading() as session:
        session.execute(select(1))  # one that is away has no schema to be told of
    schema = current(place.database)
    if schema != newest():
        yield Finding(
            code="schema",
            subject="database",
            detail=f"it is at {schema or 'none'}, this version wants {newest()}",
            hint="Run `briefcast migrate`, or this version elsewhere.",
        )
    if is_behind(place):
        return
    with place.database.reading() as session:
        for fault in _faults(session):
            yield Finding(
                code="database_damaged",
                subject="database",
                detail=fault,
                hint="Restore the newest backup; see docs/backup.md.",
            )
        skew_s = time.time() - clock_s(session)
    if abs(skew_s) > _SKEW_S:
        yield Finding(
            code="clock_skew",
            subject="clock",
            detail=f"this machine's differs from the database's by {skew_s:+.0f} s",
            hint="Have both follow NTP.",
        )


def _faults(session: Session) -> list[str]:
    if session.get_bind().dialect.name == "sqlite":
        found = [str(row[0]) for row in session.execute(text(f"PRAGMA integrity_check({_MOST_FAULTS})"))]
        foreign = [
            f"{row[0]} row {row[1]} refers to nothing in {row[2]}"
            for row in session.execute(text("PRAGMA foreign_key_check"))
        ]
        return [fault for fault in found if fault != "ok"] + foreign[:_MOST_FAULTS]
    # PostgreSQL finds damaged pages when it reads them; with checksums on, all that a disk can do to them.
    for table in Base.metadata.sorted_tables:
        session.scalar(select(func.count()).select_from(table))
    return []
