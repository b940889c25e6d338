"""How revisions have ended lately: what measures and alerts go by. Changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from briefing.models import RevisionRow
from briefing.states import RevisionState

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

#: Seconds over which ended revisions are counted: what an alert on the share of failures looks at.
LATELY_S = 3600.0


def ended_lately(session: Session, now: float) -> list[tuple[str, str | None, int]]:
    """Return state, error code and number of the revisions that ended in the last `LATELY_S` seconds before `now`,
    those aside that gave way to a newer one before they were heard.
    """
    since = datetime.fromtimestamp(now - LATELY_S, UTC)
    ends = [RevisionState.HELD, RevisionState.LIVE, RevisionState.UNCHANGED, RevisionState.FAILED]
    found = session.execute(
        select(RevisionRow.state, RevisionRow.error_code, func.count())
        .where(
            RevisionRow.let_go_at.is_(None),
            RevisionRow.state.in_([state.value for state in ends]),
            RevisionRow.finished_at >= since,
        )
        .group_by(RevisionRow.state, RevisionRow.error_code)
    )
    return [(state, code, number) for state, code, number in found]


def last_success(session: Session) -> float | None:
    """Return when a revision last went live, in seconds since the epoch."""
    found = session.scalar(
        select(RevisionRow.finished_at)
        .where(
            RevisionRow.let_go_at.is_(None),
            RevisionRow.state == RevisionState.LIVE.value,
            RevisionRow.finished_at.is_not(None),
        )
        .order_by(RevisionRow.finished_at.desc())
        .limit(1)
    )
    return found.timestamp() if found else None
