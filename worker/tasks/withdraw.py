"""The `withdraw` and `recall` steps: nothing of a retracted briefing is public any more."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from briefing import revisions, steps
from briefing.failpoints import Failpoint, reach
from worker.feeds.websub import record_pings
from worker.public.withdraw import withdraw

if TYPE_CHECKING:
    from briefing.steps import Lease
    from worker.workplace import Workplace


def withdraw_briefing(lease: Lease, place: Workplace) -> None:
    """Take the briefing's files away; where it has been published again since, those of what was withdrawn."""
    with place.database.writing() as session:
        row = revisions.locked_in_briefing(session, lease.revision_id)
        if steps.finish(session, lease):
            briefing = revisions.lock_briefing(session, row.briefing_id)
            # What is newer than the step's own was asked for since.
            for slug in sorted(withdraw(session, briefing, row.number, place.files, datetime.now(UTC))):
                record_pings(session, slug, place.files.hubs)
            reach(Failpoint.WITHDRAW_BEFORE_COMMIT)
    reach(Failpoint.WITHDRAW_AFTER_COMMIT)
