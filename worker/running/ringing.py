"""What a worker does when a broker rings: the step whose turn it is, and then what follows, for a while.

A ring names a step, whose queue and kind it is meant for. What follows is of that queue, in its order, and only what
may still take as long as its kind does within the time limit that the ring came with: beyond it the process is killed.
So whoever tells the worker to stop, or rang in another queue, waits for `SHIFT_S` and a step at most. Knows no broker.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from briefing.errors import DatabaseUnavailable
from briefing.observing.logs import get_logger
from worker.celery import SHIFT_S
from worker.pipeline import DEADLINE_S
from worker.running import memory
from worker.running.perform import perform_next
from worker.running.shift import Shift, Wanted
from worker.tasks import TASKS

if TYPE_CHECKING:
    from briefing.states import Queue, StepKind
    from briefing.steps import Lease
    from worker.workplace import Workplace

#: Seconds before the next try while the database is away.
_AWAY_S = 1.0

#: Seconds between a claim and the beginning of its step in which nothing was waited for.
_AT_ONCE_S = 1.0

_log = get_logger("celery")


def answer(place: Workplace, step_id: int, limit_s: float) -> None:
    """Answer a ring that names a step and leaves `limit_s` seconds. Raises what `perform_next` raises, but waits while
    the database is away.
    """
    began = time.monotonic()

    def may_follow(queue: Queue) -> Wanted | None:
        spent_s = time.monotonic() - began
        if spent_s > SHIFT_S or memory.is_above(os.getpid(), place.work.worker_memory_mb):
            return None
        return Wanted((queue,), tuple(TASKS), _within(limit_s - spent_s, place.work.step_s))

    def following(lease: Lease) -> Wanted | None:
        return may_follow(lease.queue)

    def in_time(lease: Lease) -> bool:
        # A step that does not begin now is rung for anew, with all of its time.
        spent_s = time.monotonic() - began
        return spent_s <= SHIFT_S + _AT_ONCE_S or lease.kind in _within(limit_s - spent_s, place.work.step_s)

    shift = Shift(place, following, in_time)
    queue: Queue | None = None
    while True:
        wanted = may_follow(queue) if queue is not None else None
        if queue is not None and wanted is None and not shift.goes_on:
            return
        try:
            queue = perform_next(place, (), step_id if queue is None else None, shift=shift, wanted=wanted)
        except DatabaseUnavailable as error:
            _log.warning("the database is away", message=error.message)
            time.sleep(_AWAY_S)
        else:
            if queue is None:
                return


def _within(seconds: float, most_s: float) -> tuple[StepKind, ...]:
    """Return the kinds of steps that may take so long."""
    return tuple(kind for kind in TASKS if min(DEADLINE_S[kind], most_s) <= seconds)
