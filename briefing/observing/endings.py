"""How revisions have ended lately: what measures and alerts go by. Changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, literal, or_, select, union_all
from sqlalchemy.orm import aliased

from briefing.models import BriefingRow, RevisionRow, StepRow
from briefing.states import UNFINISHED, RevisionState, StepState
from briefing.steps import NEXT

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import InstrumentedAttribute, Session

#: Seconds over which ended revisions are counted: what an alert on the share of failures looks at.
LATELY_S = 3600.0

_DAY_S = 86_400.0

#: Days for which a failure that nothing has replaced counts: a week's, not every misspelt article of a year.
_DEAD_DAYS = 7


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


def given_up(session: Session, now: float) -> dict[tuple[str, str], float]:
    """Return by error code and day (UTC, as 2026-05-01) how much was given up in the last `_DEAD_DAYS` days that nobody
    has seen to: of briefings that were not withdrawn since, the newest revision; steps without one; and steps that come
    again, until they are done.
    """
    since = now - _DEAD_DAYS * _DAY_S
    newer, again = aliased(RevisionRow), aliased(StepRow)
    replaced = select(literal(1)).where(
        newer.briefing_id == RevisionRow.briefing_id,
        newer.number > RevisionRow.number,
        newer.state != RevisionState.FAILED.value,
    )
    failed = (
        select(RevisionRow.error_code.label("code"), _day(RevisionRow.finished_at, now, _moment).label("day"))
        .join(BriefingRow, BriefingRow.id == RevisionRow.briefing_id)
        .where(
            RevisionRow.let_go_at.is_(None),
            RevisionRow.state == RevisionState.FAILED.value,
            RevisionRow.finished_at >= _moment(since),
            RevisionRow.number > func.coalesce(BriefingRow.withdrawn_number, 0),
            ~replaced.exists(),
        )
    )
    by = StepRow.payload[NEXT].as_integer()
    is_to_come = select(literal(1)).where(again.id == by, again.state.in_(UNFINISHED)).exists()
    steps = select(StepRow.error_code.label("code"), _day(StepRow.ready_at, now, float).label("day")).where(
        StepRow.state == StepState.DEAD.value,
        StepRow.ready_at >= since,
        # What comes again is not given up once it is done, or given up in its turn.
        or_(by.is_(None) & StepRow.revision_id.is_(None), by.is_not(None) & is_to_come),
    )
    every = union_all(failed, steps).subquery()
    counted = select(every.c.code, every.c.day, func.count()).group_by(every.c.code, every.c.day)
    return {(code or "none", day): float(number) for code, day, number in session.execute(counted)}


def _day(
    column: InstrumentedAttribute[Any], now: float, as_stored: Callable[[float], float | datetime]
) -> ColumnElement[str]:
    """Return the day of a moment within the last `_DEAD_DAYS` days, in UTC whatever the database's zone."""
    midnights = [(now // _DAY_S - back) * _DAY_S for back in range(_DEAD_DAYS + 1)]
    *later, first = [(as_stored(begins), _moment(begins).date().isoformat()) for begins in midnights]
    return case(*((column >= begins, day) for begins, day in later), else_=first[1])


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
