"""Takes streams away that nobody needs any more: of what has failed, given way or become members' at once, of what is
live an hour later.

Called by the sweep, which has more to do: each round takes so many seconds. Decides nothing about the audio itself.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select

from briefing import revisions, steps
from briefing.access import for_members
from briefing.holds import guarded
from briefing.models import BriefingRow, RevisionRow
from briefing.states import ACTIVE, RevisionState, StepKind
from worker.heard import own_article

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from worker.workplace import Workplace

#: How long whoever began with the stream may go on with it when the MP3 is there.
_AFTER_LIVE = timedelta(hours=1)

#: Streams looked at in a round, and seconds in which another is begun with.
_MOST_AT_ONCE = 200
_MOST_S = 5.0

#: Error code of a `stream` step that waits for nothing any more.
_OVER = "over"

_BEING_MADE = RevisionRow.state.in_([state.value for state in ACTIVE])


def clear_streams(place: Workplace) -> int:
    """Remove the files of streams that are over; return how many streams. Raises StorageUnavailable."""
    with place.database.reading() as session:
        over = _over(session, datetime.now(UTC))
    end, done = time.monotonic() + _MOST_S, 0
    for revision_id, briefing_id, number in over:
        if time.monotonic() > end:
            break
        # Outside any transaction: there may be hundreds, in a bucket.
        place.files.remove_stream(briefing_id, number)
        with place.database.writing() as session:
            row = revisions.locked_in_briefing(session, revision_id)
            ref = own_article(session, session.get_one(BriefingRow, briefing_id))
            if ref is not None:
                place.files.remove_making(briefing_id, number, ref)
            row.stream = None
            steps.cancel(session, revision_id, _OVER, (StepKind.STREAM,))
        done += 1
    return done


def _over(session: Session, now: datetime) -> list[tuple[int, str, int]]:
    """Return revision, briefing and number of streams that are over."""
    what = select(RevisionRow.id, RevisionRow.briefing_id, RevisionRow.number).where(RevisionRow.stream.is_not(None))
    is_live = RevisionRow.state == RevisionState.LIVE.value
    goes_on = or_(_BEING_MADE, and_(is_live, RevisionRow.finished_at > now - _AFTER_LIVE))
    ended = session.execute(what.where(~goes_on).order_by(RevisionRow.id).limit(_MOST_AT_ONCE)).all()
    others = session.execute(what.where(goes_on).order_by(RevisionRow.id.desc()).limit(_MOST_AT_ONCE)).all()
    hidden = [row for row in others if _is_hidden(session, session.get_one(BriefingRow, row.briefing_id))]
    return [(row.id, row.briefing_id, row.number) for row in (*ended, *hidden)]


def _is_hidden(session: Session, briefing: BriefingRow) -> bool:
    """Tell whether not everybody may hear of a briefing what is being made: members' alone, or held."""
    return for_members(session, briefing) or (briefing.heard is None and guarded(session, briefing))
