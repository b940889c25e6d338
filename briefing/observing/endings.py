"""How revisions have ended lately: what measures and alerts go by. Changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.orm import aliased

from briefing.models import BriefingRow, RevisionRow, StepRow
from briefing.states import RevisionState, StepState

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

#: Seconds over which ended revisions are counted: what an alert on the share of failures looks at.
LATELY_S = 3600.0

#: Seconds for which a failure that nothing has replaced counts: a week's, not every misspelt article of a year.
_DEAD_S = 7 * 86_400.0


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


def given_up(session: Session, now: float) -> dict[str, float]:
    """Return by error code how much was given up in the last `_DEAD_S` seconds that nobody has seen to: of briefings
    that were not withdrawn since, the newest revision, and steps without one.
    """
    since = datetime.fromtimestamp(now - _DEAD_S, UTC)
    newer = aliased(RevisionRow)
    replaced = select(literal(1)).where(
        newer.briefing_id == RevisionRow.briefing_id,
        newer.number > RevisionRow.number,
        newer.state != RevisionState.FAILED.value,
    )
    failed = (
        select(RevisionRow.error_code.label("code"), func.count().label("number"))
        .join(BriefingRow, BriefingRow.id == RevisionRow.briefing_id)
        .where(
            RevisionRow.let_go_at.is_(None),
            RevisionRow.state == RevisionState.FAILED.value,
            RevisionRow.finished_at >= since,
            RevisionRow.number > func.coalesce(BriefingRow.withdrawn_number, 0),
            ~replaced.exists(),
        )
        .group_by(RevisionRow.error_code)
    )
    alone = (
        select(StepRow.error_code.label("code"), func.count().label("number"))
        .where(StepRow.state == StepState.DEAD.value, StepRow.revision_id.is_(None), StepRow.ready_at >= now - _DEAD_S)
        .group_by(StepRow.error_code)
    )
    found: dict[str, float] = {}
    for code, number in session.execute(union_all(failed, alone)):
        found[code or "none"] = found.get(code or "none", 0.0) + number
    return found
