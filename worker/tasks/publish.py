"""The `publish` and `release` steps: the revision becomes the one that is heard, by everybody or by members."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from briefing import revisions, steps
from briefing.failpoints import Failpoint, reach
from briefing.models import BriefingRow, MasterRow, RevisionRow
from briefing.states import Queue, RevisionState
from worker import pipeline
from worker.publish import publish
from worker.tasks.common import finish_idle, load_active, record
from worker.websub import record_pings

if TYPE_CHECKING:
    from briefing.steps import Lease
    from worker.workplace import Workplace


def _fetch_master(place: Workplace, revision: RevisionRow) -> None:
    """Have the MP3 at hand, which another host may have made, before others wait for this transaction."""
    with place.database.reading() as session:
        master = session.get(MasterRow, revision.master_key)
    if master is not None:
        place.storage.path(master.sha256)


def publish_revision(lease: Lease, place: Workplace) -> None:
    """Make the revision live and write the files that readers fetch.

    Whichever of the two kinds it is: who may hear it is asked when it is published.
    """
    revision = load_active(place, lease)
    if revision is None:
        finish_idle(place, lease)
        return
    _fetch_master(place, revision)
    with place.database.writing() as session:
        row = revisions.locked_in_briefing(session, revision.id)
        if steps.finish(session, lease):
            publish(session, row, place.storage, place.files, datetime.now(UTC))
            briefing = session.get_one(BriefingRow, row.briefing_id)
            members = briefing.members_revision == row.id
            if not members:
                record_pings(session, briefing.show, place.files.hubs)
            record(session, row, pipeline.after_publish(RevisionState(row.state), Queue(row.queue), members=members))
            reach(Failpoint.PUBLISH_BEFORE_COMMIT)
    reach(Failpoint.PUBLISH_AFTER_COMMIT)
