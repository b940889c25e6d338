"""Master -> episode: moves the live pointer and writes the files that readers fetch, in one transaction.

The pointer only moves to a higher revision, and what is live stays until a new master has passed its checks. Every file
is made from the database's state, so doing it twice does no harm and a crash between two files is mended by the retry.
What is for members has a pointer and a storage of its own.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

from briefing.errors import MasterRejected, WatermarkMissing
from briefing.failpoints import Failpoint, reach
from briefing.going_live.access import for_members
from briefing.going_live.holds import CORRECTION, UPDATE, forget
from briefing.models import BriefingRow, EpisodeRow, RevisionRow, ShowRow
from briefing.podcasts.show import Show
from briefing.public_names import feed_name
from briefing.revisions import conclude, lock_briefing, move
from briefing.script import Script
from briefing.sql.rows import keep
from briefing.states import RevisionState
from worker.feeds.listing import feeds_of, lock_listing, relist, write_feeds
from worker.history import changed
from worker.public import heard, placing
from worker.public.heard import master_of, own_article

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from briefing.storage import BlobStorage
    from worker.public.public_files import PublicFiles


def publish(
    session: Session, revision: RevisionRow, storage: BlobStorage, files: PublicFiles, now: datetime
) -> set[str]:
    """Make a finished revision the live one, for whom it is for, unless a newer one is; return the shows whose feeds
    have it, or have it no more. Needs a writing session.

    Raises StorageUnavailable, MasterRejected or WatermarkMissing; then nothing has changed.
    """
    briefing = _alone(session, revision)
    # A dozen modules have their say of a publication, most of the show, the article and the briefing.
    keep(session)
    live = session.get(RevisionRow, briefing.heard) if briefing.heard else None
    if live is not None and live.number > revision.number:
        move(revision, RevisionState.SUPERSEDED, now)
        return set()
    master = master_of(session, revision)
    if not storage.intact(master.sha256):
        message = f"the MP3 of revision {revision.id} is missing or damaged in the storage"
        raise MasterRejected(message, hint="Regenerate the briefing.")
    _check_watermark(session, briefing, revision)
    reach(Failpoint.PUBLISH_BEFORE)
    members = for_members(session, briefing)
    was_public = briefing.live_revision is not None
    corrects = live is not None and live.id != revision.id and briefing.corrects_from is not None
    all_of_it, theirs = (
        heard.whole(session, briefing, revision, members=members),
        files.of_members if members else files,
    )
    ref = own_article(session, briefing)
    theirs.unbury(theirs.names_of(briefing.id, [ref] if ref else [], master.sha256))
    theirs.put_audio(master.sha256)
    reach(Failpoint.PUBLISH_AUDIO)
    heard.write_companions(all_of_it, storage, theirs)
    reach(Failpoint.PUBLISH_COMPANIONS)
    if live is not None and live.id != revision.id:
        move(live, RevisionState.SUPERSEDED, now)
        if was_public:
            # An older process does not write down what it publishes.
            live.audio_sha256 = live.audio_sha256 or master_of(session, live).sha256
    if not members:
        revision.audio_sha256 = master.sha256
    was_for_members = briefing.members_revision is not None
    placing.point(briefing, revision, members=members)
    _episode_row(session, briefing, now)
    _note_edition(briefing, revision, live, now, corrects=corrects)
    conclude(session, revision, RevisionState.LIVE, now)
    session.flush()
    heard.write_article(session, all_of_it, theirs)
    heard.write_history(session, all_of_it, theirs)
    heard.write_successors(session, all_of_it, theirs)
    reach(Failpoint.PUBLISH_ARTICLE)
    # Of audio that was for members already, others keep the old preview until there is another.
    if (members and was_public) or (not members and was_for_members):
        placing.clear(session, briefing, revision, storage, files)
    files.put_player()
    shows = relist(session, briefing, now)
    write_feeds(session, briefing, shows, files)
    if corrects:
        _recall(session, briefing, revision, storage, files, shows)
    return shows


def moved(session: Session, revision: RevisionRow, files: PublicFiles, shows: set[str]) -> list[str]:
    """Return the public names that lead elsewhere since an update took the place of what was heard: alias, audio JSON,
    transcripts, history, the feeds of `shows`. None for a first publication, which has nothing old in a cache but feeds
    that lack it for their minute, and for a correction, which has had all of it purged.
    """
    briefing = session.get_one(BriefingRow, revision.briefing_id)
    if briefing.live_revision != revision.id or revision.replaces != UPDATE:
        return []
    ref = own_article(session, briefing)
    # The MP3 has an address of its own, and nobody asked for it before.
    return [*files.names_of(briefing.id, [ref] if ref else [], "")[1:], *map(feed_name, sorted(shows))]


def _note_edition(
    briefing: BriefingRow, revision: RevisionRow, live: RevisionRow | None, now: datetime, *, corrects: bool
) -> None:
    """Note how a revision that goes live took the place of what was, and forget what was said of when it would."""
    revision.live_at = now
    if live is not None and live.id != revision.id:
        revision.replaces = CORRECTION if corrects else UPDATE
        if live.script and revision.script:
            change = changed(Script.stored(live.script), Script.stored(revision.script))
            revision.change = change.model_dump(mode="json")
    forget(briefing)
    if briefing.corrects_from is not None and revision.number >= briefing.corrects_from:
        briefing.corrects_from = None


def _recall(
    session: Session,
    briefing: BriefingRow,
    revision: RevisionRow,
    storage: BlobStorage,
    files: PublicFiles,
    shows: set[str],
) -> None:
    """Take what was wrong away, and have caches drop all that led to it."""
    placing.recall(session, briefing, revision, storage, files)
    ref = own_article(session, briefing)
    moving = files.names_of(briefing.id, [ref] if ref else [], master_of(session, revision).sha256)
    files.purge([*moving[1:], *map(feed_name, sorted(shows))])


def _alone(session: Session, revision: RevisionRow) -> BriefingRow:
    """Return the revision's briefing, with it and its shows locked: one publisher at a time per show, as its feed is
    written from what all its briefings are.
    """
    briefing = lock_briefing(session, revision.briefing_id)
    lock_listing(session, [briefing.show])
    return briefing


def _check_watermark(session: Session, briefing: BriefingRow, revision: RevisionRow) -> None:
    """Raise WatermarkMissing for audio that was held since before its show asked for a watermark, or for another."""
    wanted = Show.stored(session.get_one(ShowRow, briefing.show).settings).watermark
    if wanted and Show.stored(revision.show).watermark != wanted:
        message = f"the show asks for the watermark {wanted}, which this audio was made without"
        raise WatermarkMissing(message, hint="Regenerate the briefing.")


def rewrite(session: Session, revision: RevisionRow, storage: BlobStorage, files: PublicFiles) -> None:
    """Write a live revision's files anew, in case some were lost or damaged. Needs a writing session.

    Raises StorageUnavailable.
    """
    briefing = _alone(session, revision)
    if briefing.heard != revision.id or storage.path(master_of(session, revision).sha256) is None:
        return
    write_live(session, briefing, revision, storage, files)
    write_feeds(session, briefing, feeds_of(session, briefing), files)


def write_live(
    session: Session, briefing: BriefingRow, revision: RevisionRow, storage: BlobStorage, files: PublicFiles
) -> None:
    """Write a live revision's own files, feeds aside, but for a transcript that is lost. Raises StorageUnavailable."""
    for one, theirs in shown(session, briefing, revision, storage, files):
        heard.write(session, one, storage, theirs)


def shown(
    session: Session, briefing: BriefingRow, revision: RevisionRow, storage: BlobStorage, files: PublicFiles
) -> list[tuple[heard.Heard, PublicFiles]]:
    """Return what is heard of a live revision, each with the files that it is among: all of it, and a preview where
    that is for members.
    """
    members = briefing.members_revision is not None
    preview = heard.preview(session, briefing, revision, storage) if members else None
    all_of_it = heard.whole(session, briefing, revision, members=members)
    return [(all_of_it, files.of_members if members else files), *([(preview, files)] if preview else [])]


def _episode_row(session: Session, briefing: BriefingRow, now: datetime) -> EpisodeRow:
    row = session.get(EpisodeRow, (briefing.show, briefing.id))
    if row is None:
        row = EpisodeRow(show=briefing.show, briefing_id=briefing.id, guid=secrets.token_hex(16), published_at=now)
        session.add(row)
    return row


def renew(session: Session, briefing: BriefingRow, storage: BlobStorage, files: PublicFiles) -> None:
    """Write the article and the history of a live briefing anew, as when the public address has changed, and put back
    transcripts and chapters that are missing. Needs a writing session with the briefing locked.

    Raises StorageUnavailable.
    """
    revision = session.get_one(RevisionRow, briefing.heard)
    for one, theirs in shown(session, briefing, revision, storage, files):
        heard.write_article(session, one, theirs)
        heard.write_history(session, one, theirs)
        heard.write_successors(session, one, theirs)
        # One that is lost must not keep the newsroom's settings from being applied.
        with suppress(MasterRejected):
            if not theirs.has_companions(one.folder):
                heard.write_companions(one, storage, theirs)
