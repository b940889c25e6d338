"""Takes streams away that nobody needs any more: of what has failed, given way or become
members' at once, of what is live later.

Called by the sweep. Decides nothing about the audio itself.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from briefing import revisions
from briefing.access import for_members
from briefing.models import BriefingRow, RevisionRow
from briefing.states import ACTIVE, RevisionState
from worker.heard import own_article

if TYPE_CHECKING:
    from worker.workplace import Workplace

#: How long whoever began with the stream may go on with it when the MP3 is there.
_AFTER_LIVE = timedelta(hours=1)

_MOST_AT_ONCE = 50


def clear_streams(place: Workplace) -> int:
    """Remove the files of streams that are over; return how many streams. Raises StorageUnavailable."""
    now = datetime.now(UTC)
    with place.database.reading() as session:
        rows = session.execute(
            select(RevisionRow.id, RevisionRow.state, RevisionRow.finished_at, RevisionRow.briefing_id)
            .where(RevisionRow.stream.is_not(None))
            .order_by(RevisionRow.id)
            .limit(_MOST_AT_ONCE)
        ).all()
        over = [
            row.id
            for row in rows
            if _is_over(RevisionState(row.state), row.finished_at, now)
            or for_members(session, session.get_one(BriefingRow, row.briefing_id))
        ]
    for revision_id in over:
        with place.database.writing() as session:
            row = revisions.locked_in_briefing(session, revision_id)
            briefing = revisions.lock_briefing(session, row.briefing_id)
            ref = own_article(session, briefing)
            place.files.end_stream(briefing.id, row.number, [ref] if ref else [])
            row.stream = None
    return len(over)


def _is_over(state: RevisionState, finished_at: datetime | None, now: datetime) -> bool:
    if state in ACTIVE:
        return False
    return state is not RevisionState.LIVE or finished_at is None or now - finished_at > _AFTER_LIVE
