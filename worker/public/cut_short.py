"""Takes back what a publishing that was cut short left, of a revision that does not go live after all: what is live is
found again wherever it was replaced, and where nothing is, nothing.

Goes by names, since the rows of what was written were never committed. When that is needed is
`briefing.going_live.cut_short`'s; what was live and is withdrawn is `worker.public.withdraw`'s.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from briefing.going_live.successors import given_elsewhere, published, published_elsewhere
from briefing.models import EpisodeRow, RevisionRow
from briefing.public_names import article_name, audio_name, briefing_folder, feed_name, history_names, stream_folder
from worker.feeds.listing import lock_listing, may_list, write_feeds
from worker.feeds.show_feed import write_feed
from worker.public.heard import master_of, own_article
from worker.public.placing import audio_of, given_by_others, public_files
from worker.public.public_files import MAKING
from worker.public.successor_links import follow_no_more
from worker.publish import write_live

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from briefing.models import BriefingRow
    from briefing.storage import BlobStorage
    from worker.public.public_files import PublicFiles


@dataclass(frozen=True)
class Left:
    """What is at public addresses of a briefing, or members', and is not to be."""

    names: tuple[str, ...]
    audio: frozenset[str]
    """The sha256 of all audio that was not to be heard, whether its MP3 is there or not."""
    unheard: frozenset[str]
    """Those of the names that are of revisions which were never live and may still be: nothing says that they went."""


def left(session: Session, briefing: BriefingRow, files: PublicFiles, revisions: Sequence[RevisionRow]) -> Left:
    """Return what is there of `revisions` that were not to be heard; where nothing of the briefing is to be heard, of
    all of it. Raises StorageUnavailable.
    """
    unheard = [row for row in revisions if row.live_at is None and row.id != briefing.heard]
    audio = audio_of(session, unheard) - published(session, briefing.id) - given_by_others(session, briefing, unheard)
    elsewhere = given_elsewhere if files.private else published_elsewhere
    audio -= elsewhere(session, briefing.id, audio)
    names = {name for sha256 in audio if files.storage.look(name := audio_name(sha256))}
    for row in unheard:
        names |= {file.name for file in files.storage.files(briefing_folder(briefing.id, row.number))}
    own = frozenset(names)
    if briefing.heard is None:
        names.update(public_files(session, briefing, files))
    names -= set(_being_made(session, briefing, files, names))
    return Left(tuple(sorted(names)), frozenset(audio), own)


def take_back(
    session: Session,
    briefing: BriefingRow,
    revisions: Sequence[RevisionRow],
    storage: BlobStorage,
    files: PublicFiles,
    now: datetime,
) -> set[str]:
    """Have nothing public of a locked briefing that is not live: what is live is written anew, of `revisions` nothing
    stays. Return the shows whose feeds were written.

    Needs a writing session. Raises StorageUnavailable.
    """
    lock_listing(session, [briefing.show])
    heard = session.get(RevisionRow, briefing.heard) if briefing.heard else None
    if heard is not None and storage.path(master_of(session, heard).sha256) is not None:
        # First of all, so that alias and texts lead to nothing that is about to go.
        write_live(session, briefing, heard, storage, files)
    for those in (files, files.of_members):
        found = left(session, briefing, those, revisions)
        if heard is None and briefing.withdrawn_number is not None:
            # It was published anew for that moment alone: what it said of itself before holds again.
            those.bury([*(set(found.names) - found.unheard), *([] if those.private else history_names(briefing.id))])
        those.remove(found.names)
        if heard is None:
            follow_no_more(those.storage, briefing.id, found.audio)
    shows = may_list(session, briefing)
    _write_feeds(session, briefing, shows, min((row.created_at for row in revisions), default=now), files, now)
    files.purge(map(feed_name, sorted(shows)))
    return shows


def _being_made(session: Session, briefing: BriefingRow, files: PublicFiles, names: set[str]) -> Iterator[str]:
    """Yield which files are of a stream: of a revision that is heard while it is made, and that leaves by itself."""
    numbers = session.scalars(
        select(RevisionRow.number).where(RevisionRow.briefing_id == briefing.id, RevisionRow.stream.is_not(None))
    ).all()
    folders = tuple(f"{stream_folder(briefing.id, number)}/" for number in numbers)
    yield from (name for name in names if name.startswith(folders))
    ref = own_article(session, briefing)
    if numbers and ref is not None and article_name(ref) in names:
        found = files.storage.read(article_name(ref))
        if found is not None and json.loads(found[0]).get("state") == MAKING:
            yield article_name(ref)


def _write_feeds(
    session: Session, briefing: BriefingRow, shows: set[str], since: datetime, files: PublicFiles, now: datetime
) -> None:
    """Write all feeds that may tell of a briefing, and of their archives what may since that time."""
    if session.get(EpisodeRow, (briefing.show, briefing.id)) is not None:
        write_feeds(session, briefing, shows, files)
        return
    # The moment at which it would have been published first went with its row.
    for slug in sorted(shows):
        for moment in _months(since, now):
            write_feed(session, slug, files, moment)


def _months(since: datetime, now: datetime) -> Iterator[datetime]:
    """Yield `since`, and the first moment of each month after it until `now`."""
    moment = since
    while moment <= now:
        yield moment
        month = moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        moment = month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
