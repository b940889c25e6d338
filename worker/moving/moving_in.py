"""Takes over a podcast from another host: guids, dates, bytes of MP3s, artwork and `podcast:guid` stay as they are, and
what its transcripts say.

What was taken over is rows like any other episode's (a briefing of the kind `imported`, whose one revision is live), so
feeds, retention, backups and the doctor need know nothing of it. Safe to repeat, and to cut off: what is there already
is left alone, and a download goes on where it was.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mutagen.mp3 import MP3, HeaderNotFoundError
from sqlalchemy import func, select

from briefing.articles.addresses import canonical_address
from briefing.audio import MASTER_RATE, Master
from briefing.errors import AddressRefused, BriefcastError, Misconfigured, PageRefused
from briefing.going_live.access import MEMBERS
from briefing.hashing import stable_hash
from briefing.models import BriefingRow, EpisodeRow, MasterRow, RevisionRow, ShowRow
from briefing.podcasts.show import Show
from briefing.public_names import briefing_folder
from briefing.sql.rows import add_unless_there
from briefing.storage import make_folder, write_atomically
from worker.asking.download import download
from worker.asking.web import Fetcher
from worker.feeds import artwork
from worker.feeds.listing import lock_listing
from worker.feeds.show_feed import write_feed
from worker.feeds.websub import record_pings
from worker.installation.newsroom import podcast_guid
from worker.moving.kept_episode import record_kept
from worker.moving.kept_show import kept_show
from worker.moving.kept_transcript import with_transcript
from worker.moving.old_transcript import TIMED_TYPES
from worker.moving.podcast import read_podcast
from worker.public.staging import ready
from worker.publish import write_live

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from briefing.settings import FetchSettings
    from worker.moving.podcast import OldEpisode, OldPodcast
    from worker.moving.redirects import Redirects
    from worker.public.public_files import PublicFiles
    from worker.workplace import Workplace

_FEEDS = ("application/rss+xml", "application/xml", "text/xml", "application/octet-stream", "text/html", "text/plain")
_PICTURES = ("image/jpeg", "image/png", "application/octet-stream")
_AUDIO = frozenset({"audio/mpeg", "audio/mp3", "audio/x-mp3", "audio/x-mpeg", "audio/mpeg3", ""})

#: Redirects followed: podcasts' audio stands behind rows of counters.
_HOPS = 8

#: Pages of one feed.
_MOST_PAGES = 500


@dataclass(frozen=True)
class Bounds:
    """What may be fetched."""

    fetch: FetchSettings
    audio_mb: float = 500.0
    """Of one MP3."""
    audio_s: float = 1800.0
    """Seconds for one MP3."""


@dataclass(frozen=True)
class MovedIn:
    """What came of it."""

    show: Show
    taken: int
    """Episodes that were taken over now."""
    there: int
    """Those that had been before."""
    refused: tuple[tuple[str, str], ...]
    """Titles and reasons of those that were not: run it again."""
    warnings: tuple[str, ...]
    redirects: Redirects


@dataclass(frozen=True)
class _Taken:
    briefing: str
    master: Master
    members: bool
    new: bool
    """Whether it was not there yet."""

    def redirects(self, episode: OldEpisode, slug: str, files: PublicFiles) -> Redirects:
        """Return old and new addresses of the audio and of the transcripts."""
        folder = briefing_folder(self.briefing)
        beside = [
            (address, files.companion_address(folder, TIMED_TYPES[kind]))
            for address, kind in episode.transcripts
            if self.master.transcript and kind in TIMED_TYPES and _leads_somewhere(address)
        ]
        return ((episode.audio_address, files.enclosure_address(slug, self.master.sha256)), *beside)


def _leads_somewhere(address: str) -> bool:
    """Tell whether what a feed says is an address: of several transcripts one alone was asked for."""
    try:
        canonical_address(address)
    except AddressRefused:
        return False
    return True


@dataclass
class _Move:
    place: Workplace
    bounds: Bounds
    folder: Path
    say: Callable[[str], None]
    warnings: list[str] = field(default_factory=list)

    def fetcher(self, *media_types: str) -> Fetcher:
        fetch = self.bounds.fetch
        return Fetcher(fetch, fetch.private_hosts, media_types=media_types, hops=_HOPS)


def take_over(
    place: Workplace,
    address: str,
    slug: str | None,
    bounds: Bounds,
    now: datetime,
    say: Callable[[str], None] = lambda _: None,
) -> MovedIn:
    """Take over the podcast whose feed is at `address` into the show `slug`, which is made where there is none.

    `say` hears of each episode. Raises what fetching the feed raises, and StorageUnavailable.
    """
    pages = list(
        _pages(address, Fetcher(bounds.fetch, bounds.fetch.private_hosts, media_types=_FEEDS, hops=_HOPS), now)
    )
    podcast = pages[0]
    slug = slug or _slug(podcast.title)
    folder = place.data.imported / slug
    make_folder(folder)
    move = _Move(place, bounds, folder, say)
    show = _show(move, podcast, slug, address)
    episodes = {episode.guid: episode for page in reversed(pages) for episode in page.episodes}
    taken, refused, redirects = 0, [], [(address, place.files.feed_address(slug))]
    for episode in sorted(episodes.values(), key=lambda one: one.published_at):
        try:
            done = _take(move, show, episode, now)
        except (BriefcastError, HeaderNotFoundError) as error:
            refused.append((episode.title, getattr(error, "message", "") or "this is no MP3"))
            say(f"not taken over: {episode.title}: {refused[-1][1]}")
            continue
        taken += done.new
        if done.members:
            move.warnings.append(f"{episode.title!r} is for members: nothing is to lead to it from its old address")
        else:
            redirects += done.redirects(episode, slug, place.files)
        if done.new:
            say(f"taken over: {episode.title}")
    _write_feeds(place, slug)
    there = len(episodes) - taken - len(refused)
    return MovedIn(show, taken, there, tuple(refused), tuple(move.warnings), tuple(redirects))


def _pages(address: str, fetcher: Fetcher, now: datetime) -> Iterator[OldPodcast]:
    seen: set[str] = set()
    following: str | None = address
    while following and following not in seen and len(seen) < _MOST_PAGES:
        seen.add(following)
        page = read_podcast(fetcher.fetch(following).content, now)
        yield page
        following = page.next_page


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60] or "podcast"


def _show(move: _Move, podcast: OldPodcast, slug: str, address: str) -> Show:
    """Return the show that takes the podcast over, made from its feed where there is none."""
    place, guid = move.place, podcast.guid or podcast_guid(address)
    picture = _picture(move, podcast)
    with place.database.writing() as session:
        row = session.get(ShowRow, slug)
        if row is None:
            made, warnings = kept_show(podcast, slug, str(picture) if picture else None, place.files.feed_address(slug))
            move.warnings += warnings
            settings = made.model_dump(mode="json")
            values = {"position": 1_000_000, "listed": True, "settings": settings, "podcast_guid": guid}
            add_unless_there(session, ShowRow, slug=slug, **values)
            place.files.put_artwork(slug, artwork.draw(made))
            return made
        if row.podcast_guid != guid:
            if session.scalar(select(EpisodeRow.guid).where(EpisodeRow.show == slug).limit(1)) is None:
                row.podcast_guid = guid
            else:
                move.warnings.append(
                    f"the show {slug!r} has episodes and keeps its own podcast:guid {row.podcast_guid}"
                )
        return Show.stored(row.settings)


def _picture(move: _Move, podcast: OldPodcast) -> Path | None:
    """Return where the podcast's artwork is kept; None where it has none that apps would take."""
    kept = [path for path in move.folder.glob("artwork.*") if path.suffix in {".jpg", ".png"}]
    if kept or not podcast.artwork:
        return kept[0] if kept else None
    try:
        content = move.fetcher(*_PICTURES).fetch(podcast.artwork).content
        path = move.folder / ("artwork.png" if content.startswith(b"\x89PNG") else "artwork.jpg")
        write_atomically(path, content)
        artwork.draw(Show(slug="x", title="x", artwork=str(path)))
    except Misconfigured as error:
        path.unlink()
        move.warnings.append(f"{error.message}: the show's is drawn from its title")
        return None
    except BriefcastError as error:
        move.warnings.append(f"the artwork cannot be had: {error.message}")
        return None
    return path.resolve()


def _take(move: _Move, show: Show, episode: OldEpisode, now: datetime) -> _Taken:
    """Take one episode over, unless it is there."""
    identity = stable_hash("imported/1", show.slug, episode.guid)
    with move.place.database.reading() as session:
        found = session.execute(
            select(MasterRow.content, BriefingRow.id, BriefingRow.members_revision)
            .join(RevisionRow, RevisionRow.master_key == MasterRow.key)
            .join(
                BriefingRow,
                func.coalesce(BriefingRow.live_revision, BriefingRow.members_revision) == RevisionRow.id,
            )
            .where(BriefingRow.identity == identity)
        ).first()
        withdrawn = session.scalar(select(BriefingRow.id).where(BriefingRow.identity == identity))
    if found is not None:
        return _Taken(found[1], Master.stored(found[0]), found[2] is not None, new=False)
    if withdrawn is not None:
        message = "it was taken over and withdrawn since"
        raise PageRefused(message)
    if episode.media_type not in _AUDIO:
        message = f"its audio is {episode.media_type}; only MP3s are taken over"
        raise PageRefused(message, code="media_type_refused")
    master = _master(move, episode)
    master, reason = with_transcript(master, episode, show.language, identity, move.fetcher, move.place.storage)
    if reason:
        move.warnings.append(f"the transcript of {episode.title!r} is not taken over: {reason}")
    given = [(master.sha256, show.visibility == MEMBERS)]
    with ready(given, move.place, None), move.place.database.writing() as session:
        briefing, revision = record_kept(session, show, episode, master, identity, now)
        write_live(session, briefing, revision, move.place.storage, move.place.files)
        return _Taken(briefing.id, master, briefing.members_revision is not None, new=True)


def _master(move: _Move, episode: OldEpisode) -> Master:
    """Return the episode's MP3, downloaded and stored, its bytes as they were."""
    place, bounds = move.place, move.bounds
    name = hashlib.sha256(f"{episode.guid}\n{episode.audio_address}".encode()).hexdigest()[:32]
    target = move.folder / f"{name}.mp3"
    patient = bounds.fetch.model_copy(update={"seconds": bounds.audio_s})
    fetcher = replace(move.fetcher("audio/mpeg"), bounds=patient, stall_s=bounds.fetch.seconds)
    download(fetcher, episode.audio_address, target, int(bounds.audio_mb * 1_000_000))
    try:
        info = MP3(target).info
        seconds = info.length if info else 0.0
    except HeaderNotFoundError:
        target.unlink()
        raise
    size = target.stat().st_size
    # Into the storage's own disk first: from there it is moved in one go.
    inside = place.storage.temporary(".mp3")
    shutil.move(target, inside)
    sha256 = place.storage.put(inside)
    return Master(
        key=stable_hash("imported-master/1", sha256),
        sha256=sha256,
        bytes=size,
        samples=round(seconds * MASTER_RATE),
        loudness_lufs=None,
        true_peak_dbtp=None,
        cues=(),
    )


def _write_feeds(place: Workplace, slug: str) -> None:
    """Write the feeds that have what was taken over."""
    with place.database.writing() as session:
        lock_listing(session, [slug])
        others = session.scalars(select(ShowRow)).all()
        listing = {
            row.slug
            for row in others
            if (rules := Show.stored(row.settings).rules) and rules.lists_from(row.slug, slug)
        }
        for name in sorted({slug} | listing):
            write_feed(session, name, place.files)
            record_pings(session, name, place.files.hubs)
