"""What becomes of a revision that is being made when an equal one is asked for: shared, and promoted where bulk work
turns out to be waited for. Which requests are equal is decided in `asking` and `regenerating`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefing import steps
from briefing.observing import events
from briefing.requesting.ranks import lane_of, next_rank
from briefing.revisions import Asker, locked
from briefing.states import ACTIVE, PREPARING, Queue, RevisionState

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from briefing.models import BriefingRow, RevisionRow


def share(session: Session, revision: RevisionRow) -> None:
    """Note that an equal request came; unless it is still to fetch, the articles need another look afterwards."""
    if not revision.request["refetch"] or steps.has_begun(session, revision.id, PREPARING):
        revision.asked_again = True
        # Before the lane is locked that a promotion asks for a place in.
        session.flush()


def promote(
    session: Session, briefing: BriefingRow, shared: RevisionRow, asker: Asker, not_before: float | None = None
) -> bool:
    """Have bulk work that somebody now waits for done among the interactive, as work of who asks: at a new rank of
    theirs, against their quota. Tell whether there was anything to promote.

    What waited for a budget or quota may begin at `not_before`.
    """
    if shared.queue != Queue.BULK.value:
        return False
    session.flush()  # what has been noted in the row; it is read anew
    revision = locked(session, shared.id)
    if RevisionState(revision.state) not in ACTIVE:
        return False
    revision.queue = Queue.INTERACTIVE.value
    revision.requested_by, revision.requester = asker.name, asker.key_id
    # Before the lane, as everybody does.
    steps.lock_unfinished(session, revision.id)
    revision.rank = next_rank(session, Queue.INTERACTIVE, lane_of(asker.key_id or asker.name, briefing.show))
    steps.promote(session, revision.id, revision.rank, not_before)
    session.flush()
    events.note(session, "revision promoted", briefing=briefing.id, revision=revision.id, rank=revision.rank)
    return True
