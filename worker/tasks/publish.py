"""The `publish`, `release` and `launch` steps: the revision becomes the one that is heard, by everybody or by members.

Whichever of the kinds it is: who may hear it, and whether anything forbids it, is asked when it is published.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from briefing import revisions, steps
from briefing.digesting import issues, summary_sources
from briefing.digesting.choosing import outdated
from briefing.digesting.digest import DIGEST
from briefing.failpoints import Failpoint, reach
from briefing.going_live import editions, other_editions
from briefing.going_live.access import for_members
from briefing.models import BriefingRow, MasterRow, RevisionRow
from briefing.states import Queue, RevisionState
from worker import pipeline
from worker.feeds.websub import record_pings
from worker.public.heard import own_article
from worker.publish import moved, publish
from worker.tasks.common import finish_idle, load_active, record

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from briefing.steps import Lease
    from worker.public.public_files import PublicFiles
    from worker.workplace import Workplace


def _make_ready(place: Workplace, revision: RevisionRow) -> tuple[PublicFiles, str] | None:
    """Have the MP3 at hand, which another host may have made, and staged where readers fetch it, before others wait for
    this transaction. Return where and its sha256, None where nothing is staged.
    """
    with place.database.reading() as session:
        master = session.get(MasterRow, revision.master_key)
        briefing = session.get_one(BriefingRow, revision.briefing_id)
        live = session.get(RevisionRow, briefing.heard) if briefing.heard else None
        ref = own_article(session, briefing)
        members = for_members(session, briefing)
    if master is None or place.storage.path(master.sha256) is None:
        return None
    if live is not None and live.number > revision.number:
        return None
    # What is for members comes near no public place.
    files = place.files.of_members if members else place.files
    files.stage(master.sha256, ref)
    return files, master.sha256


def publish_revision(lease: Lease, place: Workplace) -> None:
    """Make the revision live and write the files that readers fetch."""
    _publish(lease, place, load_active(place, lease))


def launch_revision(lease: Lease, place: Workplace) -> None:
    """Do the same of a revision that was held until now, unless something stands in its way still."""
    with place.database.reading() as session:
        revision = session.get_one(RevisionRow, lease.revision_id)
        session.expunge(revision)
    is_held = revision.state == RevisionState.HELD.value
    _publish(lease, place, revision if is_held else load_active(place, lease))


def _gone(session: Session, revision: RevisionRow) -> str | None:
    """Return a story that a digest tells and must not any more, None for none."""
    briefing = session.get_one(BriefingRow, revision.briefing_id)
    return outdated(session, revision) if briefing.kind == DIGEST else None


def _publish(lease: Lease, place: Workplace, revision: RevisionRow | None) -> None:
    if revision is None:
        finish_idle(place, lease)
        return
    staged = _make_ready(place, revision)
    stale = list[str]()
    with place.database.writing() as session:
        row = revisions.locked_in_briefing(session, revision.id)
        if not steps.finish(session, lease):
            pass
        elif (gone := _gone(session, row)) is not None:
            # It was withdrawn, or is for others, since this was made: the issue waits to be looked at, and made anew.
            revisions.conclude(session, row, RevisionState.HELD, datetime.now(UTC))
            issues.look(session, gone)
        elif editions.admitted(session, row, datetime.now(UTC)):
            shows = publish(session, row, place.storage, place.files, datetime.now(UTC))
            briefing = session.get_one(BriefingRow, row.briefing_id)
            members = briefing.members_revision == row.id
            if briefing.kind == "story":
                summary_sources.void(session, briefing.id, summary_sources.source_of(row))
                issues.look(session, briefing.articles[0])
                other_editions.follow(session, row)
            elif briefing.kind == DIGEST and briefing.heard == row.id:
                issues.settle_stories(session, briefing)
            if row.queue == Queue.INTERACTIVE.value:
                # Of bulk work, as where a pronunciation changes a thousand, caches keep the old for their minute.
                stale = moved(session, row, place.files, shows)
            for slug in sorted(shows) if not members else ():
                record_pings(session, slug, place.files.hubs)
            record(session, row, pipeline.after_publish(RevisionState(row.state), Queue(row.queue), members=members))
            reach(Failpoint.PUBLISH_BEFORE_COMMIT)
    reach(Failpoint.PUBLISH_AFTER_COMMIT)
    # Nothing waits for a CDN: what is not purged, as where this process dies here, is kept for a minute.
    place.files.purge(stale)
    if staged is not None:
        files, sha256 = staged
        files.unstage(sha256)
