"""Takes a show out: a folder with its feed, MP3s, artwork, transcripts and chapters, which any file server can serve
and any podcast host take over, and the redirects from the addresses here to those there.

Laid out like the public files. Changes nothing here; safe to repeat, and to cut off.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from briefing.audio import Master
from briefing.errors import MasterRejected, UnknownReference
from briefing.models import BriefingRow, MasterRow, RevisionRow, ShowRow
from briefing.podcasts.show import Show
from briefing.public_names import archived_month, artwork_names, audio_name, feed_name, listen_name
from briefing.settings import AudienceSettings
from briefing.storage import write_atomically
from worker.feeds.show_feed import whole_feed
from worker.moving.moved_episode import history_files, older_addresses
from worker.moving.redirects import as_csv, as_nginx
from worker.public.companions import companions

if TYPE_CHECKING:
    from pathlib import Path

    from worker.feeds.feed import Episode
    from worker.workplace import Workplace


@dataclass(frozen=True)
class MovedOut:
    """What was taken out."""

    episodes: int
    bytes: int
    """Of all MP3s."""
    feed_address: str
    """Where the new feed is to be."""
    lost: tuple[str, ...]
    """Titles of episodes whose bytes are missing here."""
    members: int = 0
    """Episodes of the show that are for members: they stay here, and of them at most previews are taken out."""


def take_out(place: Workplace, slug: str, folder: Path, address: str | None) -> MovedOut:
    """Write the show into `folder`, as it will be served at `address`, by default where it is now.

    Raises UnknownReference for no show, StorageUnavailable.
    """
    here = place.files
    there = replace(
        here, address=(address or here.address).rstrip("/"), audio_at="", audience=AudienceSettings(), hubs=()
    )
    with place.database.reading() as session:
        if session.get(ShowRow, slug) is None:
            message = f"there is no show {slug!r}"
            raise UnknownReference(message, code="unknown_show")
        feed, episodes = whole_feed(session, slug, there)
        theirs = select(func.count()).where(BriefingRow.show == slug, BriefingRow.members_revision.is_not(None))
        members = session.scalar(theirs) or 0
    write_atomically(folder / feed_name(slug), feed)
    pictures = {name: found[0] for name in artwork_names(slug) if (found := here.storage.read(name))}
    for name, picture in pictures.items():
        write_atomically(folder / name, picture)
    lost, size = [], 0
    redirects = [
        (here.feed_address(slug), there.feed_address(slug)),
        *((f"{here.address}/{name}", f"{there.address}/{name}") for name in pictures),
    ]
    # All episodes are on one page there.
    pages = [month for file in here.storage.files(f"shows/{slug}/archive") if (month := archived_month(file.name))]
    redirects += [(here.archive_address(slug, month), there.feed_address(slug)) for month in sorted(pages)]
    for episode in episodes:
        sha256 = episode.audio_address.rpartition("/")[2].removesuffix(".mp3")
        if not _copied(place, sha256, folder / audio_name(sha256)):
            lost.append(episode.title)
            continue
        size += episode.audio_bytes
        redirects.append((here.audio_address(sha256), episode.audio_address))
        redirects.append((f"{here.address}/{listen_name(slug, sha256)}", episode.audio_address))
        beside = {f"{episode.folder}/{name}": content for name, content in _companions(place, sha256, episode).items()}
        beside |= _picture(place, episode, there.address)
        with place.database.reading() as session:
            beside |= history_files(session, episode, there)
            redirects += older_addresses(session, episode, slug, here)
        for path, content in beside.items():
            write_atomically(folder / path, content)
            redirects.append((f"{here.address}/{path}", f"{there.address}/{path}"))
        if episode.history_address:
            redirects.append((here.history_address(episode.folder.split("/")[1]), episode.history_address))
    if there.address != here.address:
        moved = tuple(dict.fromkeys(redirects))
        write_atomically(folder / "redirects.csv", as_csv(moved).encode())
        write_atomically(folder / "redirects.nginx", as_nginx(moved).encode())
    return MovedOut(len(episodes) - len(lost), size, there.feed_address(slug), tuple(lost), members)


def _copied(place: Workplace, sha256: str, target: Path) -> bool:
    """Copy an MP3, a copy and no second name, since what is exported may be changed; False where it is lost."""
    source = place.storage.path(sha256)
    if source is None:
        return False
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_suffix(".part")
        shutil.copyfile(source, temporary)
        temporary.replace(target)
    return True


def _picture(place: Workplace, episode: Episode, address: str) -> dict[str, bytes]:
    """Return an episode's own picture, by where it will lie; nothing for none, or one that is lost."""
    name = episode.picture_address.removeprefix(f"{address}/")
    path = place.storage.path(name.rpartition("/")[2].partition(".")[0]) if name else None
    return {name: path.read_bytes()} if path else {}


def _companions(place: Workplace, sha256: str, episode: Episode) -> dict[str, bytes]:
    briefing = episode.folder.split("/")[1]
    with place.database.reading() as session:
        found = session.execute(
            select(MasterRow.content, RevisionRow.show)
            .join(RevisionRow, or_(RevisionRow.master_key == MasterRow.key, RevisionRow.preview_key == MasterRow.key))
            .where(MasterRow.sha256 == sha256, RevisionRow.briefing_id == briefing)
            .order_by(RevisionRow.number.desc())
        ).first()
    if found is None:
        return {}
    try:
        return companions(
            Master.stored(found[0]),
            episode.title,
            Show.stored(found[1]).title,
            place.storage,
            correction=episode.correction,
        )
    except MasterRejected:
        return {}
