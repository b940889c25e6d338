"""Master -> episode: moves the live pointer and writes the files that readers fetch, in one transaction.

The pointer only moves to a higher revision, and what is live stays until a new master has passed its checks. Every file
is made from the database's state, so doing it twice does no harm and a crash between two files is mended by the retry.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from briefing.audio import MASTER_RATE, Master
from briefing.errors import MasterRejected, WatermarkMissing
from briefing.failpoints import Failpoint, reach
from briefing.models import BriefingRow, EpisodeRow, MasterRow, RevisionRow, ShowRow
from briefing.revisions import conclude, lock_briefing, move
from briefing.show import Show
from briefing.shows import home_show
from briefing.speech import Cast
from briefing.states import RevisionState
from briefing.successors import published, published_elsewhere
from briefing.transcript import CHAPTERS_NAME, TRANSCRIPT_TYPES
from briefing.values import ArticleRef, Card
from worker.companions import companions
from worker.listing import feeds_of, lock_listing, relist, write_feeds
from worker.show_feed import write_feed

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from briefing.storage import BlobStorage
    from worker.public_files import PublicFiles

#: States of revisions whose audio may have been public.
_ONCE_LIVE = [RevisionState.LIVE.value, RevisionState.SUPERSEDED.value, RevisionState.RETRACTED.value]


def publish(
    session: Session, revision: RevisionRow, storage: BlobStorage, files: PublicFiles, now: datetime
) -> set[str]:
    """Make a finished revision the live one, unless a newer one is; return the shows whose feeds have it, or have it
    no more. Needs a writing session.

    Raises StorageUnavailable, MasterRejected or WatermarkMissing; then nothing has changed.
    """
    briefing = _alone(session, revision)
    live = session.get(RevisionRow, briefing.live_revision) if briefing.live_revision else None
    if live is not None and live.number > revision.number:
        move(revision, RevisionState.SUPERSEDED, now)
        return set()
    master = _master(session, revision)
    if not storage.intact(master.sha256):
        message = f"the MP3 of revision {revision.id} is missing or damaged in the storage"
        raise MasterRejected(message, hint="Regenerate the briefing.")
    _check_watermark(session, briefing, revision)
    reach(Failpoint.PUBLISH_BEFORE)
    ref = own_article(session, briefing)
    files.unbury(files.names_of(briefing.id, [ref] if ref else [], master.sha256))
    files.put_audio(master.sha256)
    reach(Failpoint.PUBLISH_AUDIO)
    _write_companions(briefing, revision, master, storage, files)
    reach(Failpoint.PUBLISH_COMPANIONS)
    if live is not None and live.id != revision.id:
        move(live, RevisionState.SUPERSEDED, now)
        # An older process does not write down what it publishes.
        live.audio_sha256 = live.audio_sha256 or _master(session, live).sha256
    revision.audio_sha256 = master.sha256
    briefing.live_revision = revision.id
    _episode_row(session, briefing, now)
    conclude(session, revision, RevisionState.LIVE, now)
    session.flush()
    _write_article(session, briefing, files)
    reach(Failpoint.PUBLISH_ARTICLE)
    files.put_player()
    shows = relist(session, briefing)
    write_feeds(session, briefing, shows, files)
    return shows


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
    master = _master(session, revision)
    if briefing.live_revision != revision.id or storage.path(master.sha256) is None:
        return
    write_live(session, briefing, revision, storage, files)
    write_feeds(session, briefing, feeds_of(session, briefing), files)


def write_live(
    session: Session, briefing: BriefingRow, revision: RevisionRow, storage: BlobStorage, files: PublicFiles
) -> None:
    """Write a live revision's own files, feeds aside. Raises StorageUnavailable."""
    master = _master(session, revision)
    files.put_audio(master.sha256)
    _write_companions(briefing, revision, master, storage, files)
    _write_article(session, briefing, files)


def own_article(session: Session, briefing: BriefingRow) -> ArticleRef | None:
    """Return the article whose own audio a briefing is: a story in the article's home show. Another show's reading of
    it is an episode there and nothing else.
    """
    ref = ArticleRef.parse(briefing.articles[0])
    return ref if briefing.kind == "story" and briefing.show == home_show(session, ref.source) else None


def _master(session: Session, revision: RevisionRow) -> Master:
    return Master.stored(session.get_one(MasterRow, revision.master_key).content)


def _episode_row(session: Session, briefing: BriefingRow, now: datetime) -> EpisodeRow:
    row = session.get(EpisodeRow, (briefing.show, briefing.id))
    if row is None:
        row = EpisodeRow(show=briefing.show, briefing_id=briefing.id, guid=secrets.token_hex(16), published_at=now)
        session.add(row)
    return row


def _write_article(session: Session, briefing: BriefingRow, files: PublicFiles) -> None:
    """Write the files of the article that a live story briefing is about, if its show is the article's home: another
    show's reading of it is an episode there and nothing else.
    """
    ref = own_article(session, briefing)
    if ref is None:
        return
    revision = session.get_one(RevisionRow, briefing.live_revision)
    master = _master(session, revision)
    row = session.get_one(EpisodeRow, (briefing.show, briefing.id))
    files.put_article(ref, master.sha256, article_audio(briefing, revision, master, row, files))


def _write_companions(
    briefing: BriefingRow, revision: RevisionRow, master: Master, storage: BlobStorage, files: PublicFiles
) -> None:
    title, show = Card.stored(revision.card).title, Show.stored(revision.show)
    beside = companions(master, title, show.title, storage)
    files.put_companions(briefing.id, revision.number, beside)


def public_files(session: Session, briefing: BriefingRow, files: PublicFiles) -> list[str]:
    """Return the name of every public file that is a briefing's own: what must go for it to be gone, feeds aside,
    which are written anew. An MP3 that another briefing publishes too is not among them; one that it only holds is.
    """
    own = published(session, briefing.id) | set(
        session.scalars(
            select(MasterRow.sha256)
            .join(RevisionRow, RevisionRow.master_key == MasterRow.key)
            .where(RevisionRow.briefing_id == briefing.id, RevisionRow.state.in_(_ONCE_LIVE))
        )
    )
    own -= published_elsewhere(session, briefing.id, own)
    return files.of_briefing(briefing.id, [ref] if (ref := own_article(session, briefing)) else [], sorted(own))


def write_all(session: Session, storage: BlobStorage, files: PublicFiles) -> None:
    """Write every article's files and every show's feed anew, as when the public address has changed, and put back
    transcripts and chapters that are missing. Raises StorageUnavailable.
    """
    for briefing in session.scalars(select(BriefingRow).where(BriefingRow.live_revision.is_not(None))):
        _write_article(session, briefing, files)
        revision = session.get_one(RevisionRow, briefing.live_revision)
        # One that is lost must not keep the newsroom's settings from being applied.
        with suppress(MasterRejected):
            if files.has_companions(briefing.id, revision.number):
                continue
            _write_companions(briefing, revision, _master(session, revision), storage, files)
    files.put_player()
    for slug in session.scalars(select(ShowRow.slug)):
        write_feed(session, slug, files)


def article_audio(
    briefing: BriefingRow, revision: RevisionRow, master: Master, episode: EpisodeRow, files: PublicFiles
) -> dict[str, Any]:
    """Return what a website player needs to know of an article's audio."""
    card = Card.stored(revision.card)
    show = Show.stored(revision.show)
    return {
        "article": briefing.articles[0],
        "briefing": briefing.id,
        "revision": revision.number,
        "title": card.title,
        "byline": card.byline,
        "language": card.language,
        "url": files.audio_address(master.sha256),
        "type": "audio/mpeg",
        "bytes": master.bytes,
        "duration_s": round(master.seconds, 3),
        "disclosure": card.disclosure,
        "ai_content": True,
        "made": _made(revision),
        "show": show.slug,
        "show_title": show.title,
        "artwork": files.artwork_address(show.slug),
        # Where a player reports what is heard; not there where nobody wants to know.
        **({"plays": plays} if (plays := files.plays_address()) else {}),
        "article_url": card.link,
        "published_at": episode.published_at.isoformat(),
        "updated_at": (revision.finished_at or episode.published_at).isoformat(),
        "chapters": [
            {"title": cue.title, "start_s": round(cue.start / MASTER_RATE, 3), "end_s": round(cue.end / MASTER_RATE, 3)}
            for cue in master.cues
            if cue.kind == "chapter"
        ],
        "chapters_url": files.companion_address(briefing.id, CHAPTERS_NAME, revision.number),
        # Those of this very audio: a player must not meet a newer text with what it plays.
        "transcripts": [
            {"type": media_type, "url": files.companion_address(briefing.id, name, revision.number)}
            for name, media_type in TRANSCRIPT_TYPES.items()
            if master.transcript
        ],
    }


def _made(revision: RevisionRow) -> dict[str, Any]:
    """Return how the audio came about, in short what its content credentials say in full, for readers' eyes."""
    narrators = Cast.stored(revision.cast).narrators if revision.cast else ()
    return {
        "voices": [narrator.voice for narrator in narrators],
        "engines": list(dict.fromkeys(narrator.engine for narrator in narrators)),
        # Every MP3 is signed, or is not published (`worker.sign`).
        "signed": True,
    }
