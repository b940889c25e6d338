"""Takes over a podcast from another host: guids, dates, bytes of MP3s, pictures and `podcast:guid` stay as they are,
and what its transcripts and chapters say.

What was taken over is rows like any other episode's (a briefing of the kind `imported`, whose one revision is live), so
feeds, retention, backups and the doctor need know nothing of it. Safe to repeat, and to cut off: what is there already
is left alone, and a download goes on where it was.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from briefing.articles.addresses import canonical_address
from briefing.audio import Master
from briefing.errors import AddressRefused, BriefcastError, PageRefused
from briefing.going_live.access import MEMBERS
from briefing.hashing import stable_hash
from briefing.models import BriefingRow, MasterRow, RevisionRow, ShowRow
from briefing.podcasts.show import Show
from briefing.public_names import briefing_folder
from briefing.storage import make_folder, reporting
from briefing.values import Card
from worker.feeds.listing import lock_listing
from worker.feeds.show_feed import write_feed
from worker.feeds.websub import record_pings
from worker.moving.id3 import Tag, read_tag
from worker.moving.kept_artwork import kept_already
from worker.moving.kept_audio import kept_audio
from worker.moving.kept_chapters import with_chapters
from worker.moving.kept_episode import record_kept
from worker.moving.kept_picture import Pictures
from worker.moving.kept_transcript import with_transcript
from worker.moving.made_show import guid_of, made_show, name_of
from worker.moving.move import Move
from worker.moving.old_feed import read_pages
from worker.moving.old_transcript import TIMED_TYPES
from worker.public.staging import ready
from worker.publish import write_live

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from briefing.storage import BlobStorage
    from worker.moving.move import Bounds
    from worker.moving.old_episode import OldEpisode
    from worker.moving.podcast import OldPodcast
    from worker.moving.redirects import Redirects
    from worker.public.public_files import PublicFiles
    from worker.workplace import Workplace


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
    behind: tuple[str, ...]
    """Addresses that its old one led to."""
    members: bool
    new: bool
    """Whether it was not there yet."""

    def redirects(self, episode: OldEpisode, doubles: Iterable[str], slug: str, files: PublicFiles) -> Redirects:
        """Return old and new addresses of the audio and of the transcripts; `doubles` are addresses of items with the
        same guid.
        """
        folder = briefing_folder(self.briefing)
        beside = [
            (address, files.companion_address(folder, TIMED_TYPES[kind]))
            for address, kind in episode.transcripts
            if self.master.transcript and kind in TIMED_TYPES and _leads_somewhere(address)
        ]
        audio = files.enclosure_address(slug, self.master.sha256)
        return (*((old, audio) for old in (episode.audio_address, *self.behind, *doubles)), *beside)


def _leads_somewhere(address: str) -> bool:
    """Tell whether what a feed says is an address: of several transcripts one alone was asked for."""
    try:
        canonical_address(address)
    except AddressRefused:
        return False
    return True


@dataclass
class _Episodes:
    """What a feed's pages have, each guid once."""

    by_guid: dict[str, OldEpisode] = field(default_factory=dict)
    doubles: dict[str, list[str]] = field(default_factory=dict)
    """Guid -> addresses of the audio of further items that have it."""

    def add(self, episode: OldEpisode, move: Move) -> None:
        """Add an episode; of several with one guid, the one that is added last stays."""
        before = self.by_guid.get(episode.guid)
        self.by_guid[episode.guid] = episode
        if before is not None and before.audio_address != episode.audio_address:
            self.doubles.setdefault(episode.guid, []).append(before.audio_address)
            move.warnings.append(
                f"{before.title!r} has the guid of {episode.title!r}, and apps know one episode by it: "
                f"it is not taken over, its address is to lead to the other"
            )


def take_over(
    place: Workplace,
    address: str,
    slug: str | None,
    bounds: Bounds,
    now: datetime,
    say: Callable[[str], None] = lambda _: None,
) -> MovedIn:
    """Take over the podcast whose feed is at `address` into the show `slug`, which is made where there is none.

    `say` hears of each episode. Raises what fetching the feed raises, UnknownReference where no `slug` is given and the
    title makes none, PageRefused for a podcast that asks not to be listed, and StorageUnavailable.
    """
    pages, behind = read_pages(address, bounds.fetch, now)
    podcast = pages[0]
    guid = guid_of(podcast, address)
    if slug is None:
        with place.database.reading() as session:
            slug = name_of(session, podcast, guid)
    folder = place.data.imported / slug
    make_folder(folder)
    move = Move(place, bounds, folder, say)
    show = made_show(move, podcast, slug, guid)
    episodes = _Episodes()
    for page in reversed(pages):
        for episode in page.episodes:
            episodes.add(episode, move)
    _tell(move, podcast, guid)
    pictures = Pictures(move, (podcast.artwork or "").strip(), kept_already(move))
    try:
        taken, refused, redirects = _take_all(move, show, episodes, pictures, now)
    finally:
        # Whatever ends it, what was taken is in the feeds.
        _write_feeds(place, slug)
    there = len(episodes.by_guid) - taken - len(refused)
    redirects = [*((old, place.files.feed_address(slug)) for old in (address, *behind)), *redirects]
    leading_away = tuple(_leading_away(redirects, place.files.address))
    return MovedIn(show, taken, there, tuple(refused), tuple(move.warnings), leading_away)


def _tell(move: Move, podcast: OldPodcast, guid: str) -> None:
    """Warn of what of the podcast is not as it was, or not as its feed asks."""
    if podcast.guid and guid not in podcast.guid.lower():
        move.warnings.append(f"the podcast:guid {podcast.guid[:60]!r} is no UUID: the show has {guid} instead")
    if podcast.locked:
        move.warnings.append("the old feed says podcast:locked: its owner is to unlock it there, or to know of this")


def _take_all(
    move: Move, show: Show, episodes: _Episodes, pictures: Pictures, now: datetime
) -> tuple[int, list[tuple[str, str]], list[tuple[str, str]]]:
    """Take the episodes over, the oldest first; return how many are new, which were refused and why, and redirects."""
    taken = 0
    refused: list[tuple[str, str]] = []
    redirects: list[tuple[str, str]] = []
    for episode in sorted(episodes.by_guid.values(), key=lambda one: one.published_at):
        try:
            done = _take(move, show, episode, pictures, now)
        except BriefcastError as error:
            refused.append((episode.title, error.message))
            move.say(f"not taken over: {episode.title}: {error.message}")
            continue
        taken += done.new
        if done.members:
            move.warnings.append(f"{episode.title!r} is for members: nothing is to lead to it from its old address")
        else:
            redirects += done.redirects(episode, episodes.doubles.get(episode.guid, ()), show.slug, move.place.files)
        if done.new:
            move.say(f"taken over: {episode.title}")
    return taken, refused, redirects


def _leading_away(redirects: Iterable[tuple[str, str]], here: str) -> Iterable[tuple[str, str]]:
    """Return the redirects, each once, without those from here: once the old host redirects, what was behind it is
    ourselves.
    """
    return (pair for pair in dict.fromkeys(redirects) if not pair[0].startswith(f"{here}/"))


def _check(episode: OldEpisode, show: Show, move: Move) -> None:
    """Raise PageRefused for an episode that is not to be taken as it is."""
    if episode.date and not episode.dated:
        message = f"its date {episode.date[:100]!r} cannot be read: correct its pubDate in the old feed"
        raise PageRefused(message, code="feed_unreadable")
    if not episode.date:
        move.warnings.append(f"{episode.title!r} has no date: it is dated like the one above it in the old feed")
    if episode.blocked and not move.bounds.hidden and show.visibility != MEMBERS:
        message = "it asks not to be listed (itunes:block): everybody may hear it with --hidden"
        raise PageRefused(message, code="address_refused")


def _take(move: Move, show: Show, episode: OldEpisode, pictures: Pictures, now: datetime) -> _Taken:
    """Take one episode over, unless it is there."""
    identity = stable_hash("imported/1", show.slug, episode.guid)
    with move.place.database.reading() as session:
        found = session.execute(
            select(MasterRow.content, BriefingRow.id, BriefingRow.members_revision, RevisionRow.card)
            .join(RevisionRow, RevisionRow.master_key == MasterRow.key)
            .join(
                BriefingRow,
                func.coalesce(BriefingRow.live_revision, BriefingRow.members_revision) == RevisionRow.id,
            )
            .where(BriefingRow.identity == identity)
        ).first()
        withdrawn = session.scalar(select(BriefingRow.id).where(BriefingRow.identity == identity))
    if found is not None:
        kept = Card.stored(found[3]).kept
        behind = kept.behind if kept else ()
        return _Taken(found[1], Master.stored(found[0]), behind, found[2] is not None, new=False)
    if withdrawn is not None:
        message = "it was taken over and withdrawn since"
        raise PageRefused(message)
    _check(episode, show, move)
    master, behind = kept_audio(move, episode)
    master, reason = with_transcript(master, episode, show.language, identity, move.fetcher, move.place.storage)
    if reason:
        move.warnings.append(f"the transcript of {episode.title!r} is not taken over: {reason}")
    tag = _tag_of(master, move.place.storage)
    master, reason = with_chapters(master, episode, tag.chapters, identity, move.fetcher)
    if reason:
        move.warnings.append(f"the chapters of {episode.title!r} are not taken over: {reason}")
    master, reason = pictures.with_picture(master, episode, tag.picture)
    if reason:
        move.warnings.append(f"the picture of {episode.title!r} is not taken over: {reason}")
    episode = episode.model_copy(update={"kept": episode.kept.model_copy(update={"behind": behind})})
    given = [(master.sha256, show.visibility == MEMBERS)]
    with ready(given, move.place, None), move.place.database.writing() as session:
        briefing, revision = record_kept(session, show, episode, master, identity, now)
        write_live(session, briefing, revision, move.place.storage, move.place.files)
        return _Taken(briefing.id, master, behind, briefing.members_revision is not None, new=True)


def _tag_of(master: Master, storage: BlobStorage) -> Tag:
    path = storage.path(master.sha256)
    if path is None:
        return Tag()
    with reporting(path):
        return read_tag(path)


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
