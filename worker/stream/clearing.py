"""Takes streams away that nobody needs any more: of what has failed, given way, become members' or is held back at
once, of what is live an hour later.

Called by the sweep, which has more to do: each round takes so many seconds. Decides nothing about the audio itself.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select

from briefing import revisions, steps
from briefing.database import clock
from briefing.models import BriefingRow, RevisionRow, StepRow
from briefing.states import ACTIVE, RevisionState, StepKind, StepState
from worker.public.heard import own_article
from worker.stream.telling import hidden
from worker.upkeep.pace import within

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from worker.workplace import Workplace

#: How long whoever began with the stream may go on with it when the MP3 is there.
_AFTER_LIVE = timedelta(hours=1)

#: Streams looked at in a round.
_MOST_AT_ONCE = 200

#: Error code of a `stream` step that waits for nothing any more.
_OVER = "over"

_BEING_MADE = RevisionRow.state.in_([state.value for state in ACTIVE])


def clear_streams(place: Workplace) -> int:
    """Remove the files of streams that are over; return how many streams. Raises StorageUnavailable."""
    with place.database.reading() as session:
        over = _over(session, clock(session))
    done = 0
    for revision_id, briefing_id, number in within(over):
        clear_stream(place, revision_id, briefing_id, number)
        done += 1
    return done


def clear_stream(place: Workplace, revision_id: int, briefing_id: str, number: int) -> None:
    """Remove the files of a revision's stream. Raises StorageUnavailable.

    Whoever adds to it is told first that it is over (`was_cleared`), and takes away what they have written since. It
    stays noted until nobody can be about it any more, so that the next round finds what somebody left who died.
    """
    with place.database.writing() as session:
        revisions.locked_in_briefing(session, revision_id)
        leased = (StepRow.revision_id == revision_id, StepRow.state == StepState.LEASED.value)
        added_to = select(StepRow.id).where(*leased, StepRow.kind == StepKind.STREAM.value)
        is_added_to = session.scalar(added_to.limit(1)) is not None
        steps.cancel(session, revision_id, _OVER, (StepKind.STREAM,))
    # Outside any transaction: there may be hundreds, in a bucket.
    place.files.remove_stream(briefing_id, number)
    with place.database.writing() as session:
        row = revisions.locked_in_briefing(session, revision_id)
        ref = own_article(session, session.get_one(BriefingRow, briefing_id))
        if ref is not None:
            place.files.remove_making(briefing_id, number, ref)
        if not is_added_to:
            row.stream = None


def was_cleared(session: Session, step_id: int) -> bool:
    """Tell whether a `stream` step is over since its stream was taken away."""
    return session.get_one(StepRow, step_id, populate_existing=True).error_code == _OVER


def _over(session: Session, now: datetime) -> list[tuple[int, str, int]]:
    """Return revision, briefing and number of streams that are over."""
    what = select(RevisionRow.id, RevisionRow.briefing_id, RevisionRow.number).where(RevisionRow.stream.is_not(None))
    is_live = RevisionRow.state == RevisionState.LIVE.value
    goes_on = or_(_BEING_MADE, and_(is_live, RevisionRow.finished_at > now - _AFTER_LIVE))
    ended = session.execute(what.where(~goes_on).order_by(RevisionRow.id).limit(_MOST_AT_ONCE)).all()
    others = session.execute(what.where(goes_on).order_by(RevisionRow.id.desc()).limit(_MOST_AT_ONCE)).all()
    unheard = [row for row in others if hidden(session, session.get_one(BriefingRow, row.briefing_id))]
    return [(row.id, row.briefing_id, row.number) for row in (*ended, *unheard)]
