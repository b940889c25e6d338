"""The `place` step: what is live lies where its visibility says, and what is not, nowhere. One of an article or a show
finds its briefings.
"""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from briefing import revisions, steps
from briefing.failpoints import Failpoint, reach
from briefing.going_live import access, editions
from briefing.models import BriefingRow, RevisionRow, ShowRow
from briefing.podcasts.shows import lock_shows
from briefing.states import Queue, StepKind
from worker.feeds.listing import feeds_of
from worker.feeds.show_feed import write_feed
from worker.feeds.websub import record_pings
from worker.public.cut_short import take_back
from worker.public.placing import place as put_in_place
from worker.public.staging import ready_to_place, ready_to_rewrite

if TYPE_CHECKING:
    from briefing.steps import Lease
    from worker.workplace import Workplace


def place_briefings(lease: Lease, place: Workplace) -> None:
    """Place the revision's briefing; without a revision, have every briefing of an article or a show follow."""
    if "left" in lease.payload:
        _take_back(lease, place)
        return
    if lease.revision_id is None:
        _follow(lease, place)
        return
    with place.database.reading() as session:
        briefing_id = session.get_one(RevisionRow, lease.revision_id).briefing_id
    with ready_to_place(place, briefing_id), place.database.writing() as session:
        briefing = revisions.lock_briefing(session, briefing_id)
        heard = briefing.heard
        if heard is not None:
            revisions.locked(session, heard)
        if not steps.finish(session, lease):
            return
        if put_in_place(session, briefing, place.storage, place.files):
            steps.record(session, StepKind.PREVIEW, Queue.INTERACTIVE, revision_id=heard)
        for slug in sorted({briefing.show} | feeds_of(session, briefing)):
            record_pings(session, slug, place.files.hubs)
        reach(Failpoint.PLACE_BEFORE_COMMIT)


def _take_back(lease: Lease, place: Workplace) -> None:
    """Leave nothing public of a revision whose publishing was cut short, unless it is live by now."""
    briefing_id = lease.payload["briefing"]
    with place.database.reading() as session:
        heard = session.get_one(BriefingRow, briefing_id).heard
    with ready_to_rewrite(place, heard) if heard is not None else nullcontext(), place.database.writing() as session:
        briefing = revisions.lock_briefing(session, briefing_id)
        left = session.get_one(RevisionRow, lease.payload["left"])
        if not steps.finish(session, lease):
            return
        for slug in sorted(take_back(session, briefing, [left], place.storage, place.files, datetime.now(UTC))):
            record_pings(session, slug, place.files.hubs)
        reach(Failpoint.PLACE_BEFORE_COMMIT)


def _follow(lease: Lease, place: Workplace) -> None:
    """Each briefing in a transaction of its own, some in a step: there may be many. Repeating it does no harm."""
    if slug := lease.payload.get("feed"):
        with place.database.writing() as session:
            lock_shows(session, ShowRow.slug == slug)
            if steps.finish(session, lease):
                write_feed(session, slug, place.files)
        return
    with place.database.reading() as session:
        told = lease.payload
        found, last = access.concerned(session, told.get("article"), told.get("show"), told.get("after", ""))
    for briefing_id in found:
        with place.database.writing() as session:
            briefing = revisions.lock_briefing(session, briefing_id)
            # An embargo may be another, or over.
            access.tell(session, briefing)
            editions.arrange(session, briefing, datetime.now(UTC))
            if access.is_elsewhere(session, briefing):
                access.follow(session, briefing)
            elif briefing.members_revision is not None:
                # How much of it others hear may be what has changed, or what their titles are labelled.
                steps.record(session, StepKind.PREVIEW, Queue.INTERACTIVE, revision_id=briefing.members_revision)
    with place.database.writing() as session:
        if steps.finish(session, lease) and last is not None:
            steps.record(session, StepKind.PLACE, Queue.INTERACTIVE, payload=told | {"after": last})
