"""Places in line: which revision's steps are claimed first among those of one queue.

Start-time fair queueing in one number. A lane is a requester in a show. A revision's rank is one more than that of the
newest of its lane, but never below what is being served now; steps are claimed by rank. So a thousand articles of one
lane take a thousand ranks, and the single article of another lane stands beside the first of those that still wait. All
steps of a revision have its rank: what has been begun is finished before the next is prepared. Claims compute nothing.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from briefing.database import database_clock
from briefing.models import GateRow, LaneRow, StepRow
from briefing.sql.rows import add_unless_there
from briefing.states import Queue, StepState

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

#: Added to the rank of bulk work in the queue of online engines, which interactive and bulk work share.
BEHIND = 1_000_000_000

_LONGEST_LANE = 300


def lane_of(requester: str, show: str) -> str:
    """Return the lane of a requester's work for a show."""
    return f"{requester}/{show}"[:_LONGEST_LANE]


def next_rank(session: Session, queue: Queue, lane: str) -> int:
    """Return the rank of a new revision of `lane`, and note it. Needs a writing session."""
    row = None
    while row is None:
        add_unless_there(session, LaneRow, queue=queue.value, lane=lane, rank=-1)
        # Gone again where retention let it go in between.
        row = session.get(LaneRow, (queue.value, lane), with_for_update=True, populate_existing=True)
    row.rank = max(row.rank + 1, _served(session, queue))
    row.used_at = time.time()
    session.flush()
    return row.rank


def rank_in(queue: Queue, asked: Queue, rank: int) -> int:
    """Return the rank of a step in `queue` whose revision was asked for in the queue `asked`."""
    return rank + BEHIND if queue is Queue.ONLINE and asked is Queue.BULK else rank


def _served(session: Session, queue: Queue) -> int:
    """Return the rank that is being served; where nothing waits, that of the newest revision of all.

    Where only online engines have something left to do, theirs: articles are prepared sooner than a service speaks
    them, and a newcomer would else wait for all that are.
    """
    local = _served_of(session, queue, "", 0)
    if local is not None:
        return local
    behind = BEHIND if queue is Queue.BULK else 0
    engines = session.scalars(select(GateRow.engine)).all()
    online = [_served_of(session, Queue.ONLINE, engine, behind) for engine in engines]
    if found := [rank for rank in online if rank is not None]:
        return min(found)
    return int(session.scalar(select(func.max(LaneRow.rank)).where(LaneRow.queue == queue.value)) or 0)


def _served_of(session: Session, queue: Queue, engine: str, behind: int) -> int | None:
    """Return the rank that is being served of a queue's steps for an engine, None where there are none. In the queue of
    online engines `behind` tells whose work is meant.
    """
    mine = [StepRow.queue == queue.value, StepRow.engine == engine]
    if queue is Queue.ONLINE:
        mine += [StepRow.rank >= behind, StepRow.rank < behind + BEHIND]
    leased = session.scalar(select(func.max(StepRow.rank)).where(StepRow.state == StepState.LEASED.value, *mine))
    if leased is not None:
        return int(leased) - behind
    due = session.scalar(
        select(StepRow.rank)
        .where(
            StepRow.state == StepState.READY.value,
            *mine,
            or_(StepRow.not_before.is_(None), StepRow.not_before <= database_clock()),
        )
        .order_by(StepRow.rank, StepRow.id)
        .limit(1)
    )
    return None if due is None else int(due) - behind
