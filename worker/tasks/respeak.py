"""The `respeak` step: briefings are made again for a pronunciation, some at a time, in order of audience."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from briefing import steps
from briefing.failpoints import Failpoint, reach
from briefing.pronunciations import respeaks

if TYPE_CHECKING:
    from briefing.steps import Lease
    from worker.workplace import Workplace

#: Briefings of one step, and seconds that it takes at most: others get their turn.
_MOST = 50
_MOST_S = 20.0


def respeak_briefings(lease: Lease, place: Workplace) -> None:
    """Record a new revision for each briefing whose turn it is; the next step goes on after them."""
    name, position = lease.payload["respeak"], int(lease.payload["from"])
    queue, last = respeaks.queue_at(position), position + _MOST
    until = time.monotonic() + _MOST_S
    while position < last and time.monotonic() < until:
        with place.database.writing() as session:
            row = respeaks.locked(session, name)
            if row is None or row.state != "recording" or position >= row.total:
                break
            if respeaks.queue_at(position) is not queue:
                break
            respeaks.make_again(session, row, position, datetime.now(UTC))
            reach(Failpoint.RESPEAK_RECORDED)
        position += 1
    with place.database.writing() as session:
        row = respeaks.locked(session, name)
        if steps.finish(session, lease) and row is not None and row.state == "recording":
            respeaks.go_on(session, row, position)
