"""When a whole backup was made last, as whoever made it notes it. Makes none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefing.models import HealthRow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

#: Under which it is noted.
BACKUP = "backup"


def last_backup(session: Session) -> float | None:
    """Return when, in seconds since the epoch by the database's clock; None where there was none."""
    row = session.get(HealthRow, BACKUP)
    return row.reported_at if row is not None else None
