"""That a briefing was withdrawn, whether it was live by then or not: noted, and asked for.

What is recorded of it later is somebody's asking for it anew, so nothing has to be taken back then. Records no work
(`briefing.requesting.asking`) and moves no file (`worker.public.withdraw`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import aliased

from briefing.models import BriefingRow, RevisionRow
from briefing.states import RevisionState

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


def note(session: Session, briefing: BriefingRow, now: datetime) -> None:
    """Note that a locked briefing is withdrawn, with all revisions that it has. Once more changes nothing."""
    last = session.scalar(select(func.max(RevisionRow.number)).where(RevisionRow.briefing_id == briefing.id))
    if briefing.withdrawn_number != last:
        briefing.withdrawn_at, briefing.withdrawn_number = now, last


def is_withdrawn(briefing: BriefingRow, newest: RevisionRow | None) -> bool:
    """Tell whether a briefing was withdrawn and nobody has asked for it anew since; `newest` is its newest revision."""
    if newest is None or briefing.heard is not None:
        return False
    # An older process withdraws without a note, what was live alone.
    noted = briefing.withdrawn_number is not None and newest.number <= briefing.withdrawn_number
    return noted or newest.state == RevisionState.RETRACTED.value


def withdrawn() -> ColumnElement[bool]:
    """Return the condition of a `RevisionRow` that was withdrawn: it was there when its briefing was, or an older
    process withdrew it or a later one. What was made after that is not.
    """
    last, briefing = aliased(RevisionRow), aliased(BriefingRow)
    noted = exists().where(briefing.id == RevisionRow.briefing_id, briefing.withdrawn_number >= RevisionRow.number)
    retracted = exists().where(
        last.briefing_id == RevisionRow.briefing_id,
        last.number >= RevisionRow.number,
        last.state == RevisionState.RETRACTED.value,
    )
    return or_(noted.correlate(RevisionRow), retracted.correlate(RevisionRow))
