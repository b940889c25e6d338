"""The `preview` step: what others hear of a revision that is for members. Its takes are there: nothing is spoken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from briefing import revisions, steps
from briefing.articles.versions import first_seen
from briefing.failpoints import Failpoint, reach
from briefing.going_live import access
from briefing.going_live.successors import published_elsewhere
from briefing.models import BriefingRow, MasterRow, RevisionRow
from briefing.observing.logs import get_logger
from briefing.podcasts.show import Show
from briefing.public_names import audio_name
from briefing.script import Script
from briefing.speech import Cast, Chunk
from briefing.takes import find_takes, save_master
from worker.assemble import counting
from worker.feeds.listing import feeds_of
from worker.feeds.websub import record_pings
from worker.prepare import Prepared
from worker.public.abridge import abridged
from worker.public.heard import label_of, labelled, master_of, own_article
from worker.public.placing import place as put_in_place
from worker.public.staging import ready
from worker.script import card
from worker.tasks.assemble import finished_master
from worker.tasks.common import finish_idle

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from briefing.steps import Lease
    from briefing.values import Card
    from worker.workplace import Workplace

_log = get_logger("preview")


def make_preview(lease: Lease, place: Workplace) -> None:
    """Make the preview and publish it, or see to it that there is none."""
    with place.database.reading() as session:
        revision = session.get_one(RevisionRow, lease.revision_id)
        session.expunge(revision)
        briefing = session.get_one(BriefingRow, revision.briefing_id)
        ref = own_article(session, briefing)
        theirs = briefing.members_revision == revision.id
        planned = _planned(session, briefing, revision) if theirs else None
        whole = master_of(session, revision).sha256 if theirs else ""
    if not theirs:
        finish_idle(place, lease)
        return
    master = finished_master(place, planned.short, planned.show, planned.undated) if planned else None
    # Both are written where they belong: all of it too, which is there already.
    given = [(whole, True), *([(master.sha256, False)] if master else [])]
    with ready(given, place, ref), place.database.writing() as session:
        locked = revisions.lock_briefing(session, revision.briefing_id)
        row = revisions.locked(session, revision.id)
        if not steps.finish(session, lease) or locked.members_revision != row.id:
            return
        before = session.get(MasterRow, row.preview_key) if row.preview_key else None
        row.preview_key = row.preview_card = None
        if master is not None and planned is not None:
            master = counting(session, master, place.storage)
            save_master(session, master, datetime.now(UTC))
            row.preview_key, row.preview_card = master.key, planned.card.model_dump(mode="json")
        session.flush()
        put_in_place(session, locked, place.storage, place.files)
        if before is not None and before.sha256 != (master.sha256 if master else None):
            # No row names it any more: nothing else would ever take it away.
            gone = {before.sha256} - published_elsewhere(session, locked.id, {before.sha256})
            place.files.remove(map(audio_name, gone))
            # Nor would its address tell why there is nothing: no revision names it as audio of its own.
            place.files.bury(map(audio_name, gone))
        for slug in sorted({locked.show} | feeds_of(session, locked)):
            record_pings(session, slug, place.files.hubs)
        reach(Failpoint.PREVIEW_BEFORE_COMMIT)


@dataclass(frozen=True)
class _Planned:
    """A preview to be made."""

    short: Prepared
    card: Card
    show: Show
    undated: date


def _planned(session: Session, briefing: BriefingRow, revision: RevisionRow) -> _Planned | None:
    """Return the preview of a live revision; None where nothing is to be heard of it."""
    mark = access.paywall(session, briefing)
    # What was taken over from another host has no script to cut.
    if mark is None or revision.script is None:
        return None
    show = Show.stored(revision.show)
    chunks = tuple(Chunk.stored(chunk) for chunk in revision.chunks or ())
    whole = Prepared(Script.stored(revision.script), Cast.stored(revision.cast), chunks)
    cues = {cue.ref: cue for cue in master_of(session, revision).cues if cue.kind == "segment"}
    short = abridged(whole, mark, cues, labelled(whole.script.title, label_of(session, briefing)))
    if short is None:
        return None
    keys = {chunk.key for chunk in short.chunks}
    if keys - find_takes(session, keys).keys():
        # Let go since, and not worth speaking again.
        _log.warning("no preview: its takes are gone", revision=revision.id)
        return None
    shown = card(short.script, show).model_copy(update={"title": whole.script.title})
    return _Planned(short, shown, show, first_seen(session, revision.versions or []).date())
