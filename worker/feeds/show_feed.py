"""A show's feed as files: the newest episodes, and all of them month by month once there are more (RFC 5005 section 4).

Months, not numbered pages: an episode stays on its page whatever comes or goes, so caches and readers keep the others.
What a feed looks like is `worker.feeds.feed`'s, what is in it `worker.feeds.feed_episodes`'s; when one is written,
`publish`'s, `withdraw`'s and the doctor's.
"""

from __future__ import annotations

import functools
import re
from dataclasses import replace
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from briefing.models import BriefingRow, ListenerRow, ShowRow
from briefing.podcasts.show import Show
from briefing.public_names import archive_name, archived_month, feed_name
from worker.feeds.feed import Channel, render
from worker.feeds.feed_episodes import episode, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from briefing.storage import PublicStorage
    from worker.feeds.feed import Episode
    from worker.feeds.feed_episodes import Listed
    from worker.public.public_files import PublicFiles

#: Items and bytes of a feed's first page: what apps ask for again and again. Older episodes are in the archive.
FEED_ITEMS = 300
FEED_BYTES = 1_000_000

#: Of the newest, how many are on the first page whatever their size: an item has at most some 12 kB.
SURE_ITEMS = 50

#: What a page says of its newest episode.
_BUILT = re.compile(rb"<lastBuildDate>([^<]+)</lastBuildDate>")


def write_feed(
    session: Session, slug: str, files: PublicFiles, changed: datetime | None = None, there: PublicFiles | None = None
) -> None:
    """Write a show's feed from what is live: the first page, and of the archive what an episode first published at
    `changed` can have changed; everything without it, but no further than pages that are `there` and may wait tell.
    Raises StorageUnavailable.
    """
    _write_pages(session, slug, files, changed, there)
    if files.members is not None and _is_for_members(session, slug, files.members):
        _write_pages(session, slug, files.of_members, changed, there.of_members if there else None)


def _is_for_members(session: Session, slug: str, storage: PublicStorage) -> bool:
    """Tell whether anybody may have use for a show's feed for members."""
    theirs = select(BriefingRow.id).where(BriefingRow.show == slug, BriefingRow.members_revision.is_not(None))
    listeners = select(ListenerRow.id).where(ListenerRow.show == slug, ListenerRow.revoked_at.is_(None))
    return (
        session.scalar(theirs.limit(1)) is not None
        or session.scalar(listeners.limit(1)) is not None
        or storage.look(feed_name(slug)) is not None
    )


def _write_pages(
    session: Session, slug: str, files: PublicFiles, changed: datetime | None, beside: PublicFiles | None
) -> None:
    row = session.get_one(ShowRow, slug)
    show = Show.stored(row.settings)
    there_are = listed(show, files)

    def page(address: str, episodes: Sequence[Episode], links: Iterable[tuple[str, str]], *, archive: bool) -> bytes:
        hubs = () if archive else files.hubs
        channel = _channel(row, files, feed_address=address, hubs=hubs, links=tuple(links), archive=archive)
        return render(channel, episodes)

    newest = [episode(found, show, files) for found in session.execute(there_are.live().limit(FEED_ITEMS + 1))]
    first, number = _first_page(
        newest, lambda shown, links: page(files.feed_address(slug), shown, links, archive=False), slug, files
    )
    files.put_feed(feed_name(slug), first)
    there = {month for file in files.storage.files(f"shows/{slug}/archive") if (month := archived_month(file.name))}
    months = _months(session, there_are, there, changed) if number < len(newest) else []
    for month in sorted(there - set(months)):
        files.remove([archive_name(slug, month)])
    # By rules a change may give a place to another episode of that day, so its page is never let wait.
    edge = [] if there_are.by_rules else newest[number * 3 // 4 : number]
    until = functools.partial(_told_until, slug=slug, files=files) if edge else lambda _: None
    for month in _to_write(months, there, changed, edge, until):
        links = _archive_links(months, month, slug, files)
        of_month = session.execute(there_are.live(month))
        episodes = [episode(found, show, files) for found in of_month]
        if beside is not None and not there_are.by_rules:
            episodes = _as_told(episodes, newest[:number], _told_until(month, slug=slug, files=beside))
        address = files.archive_address(slug, month)
        files.put_feed(archive_name(slug, month), page(address, episodes, links, archive=True))


def whole_feed(session: Session, slug: str, files: PublicFiles) -> tuple[bytes, list[Episode]]:
    """Return a show's feed with all its episodes on one page, which another host may take over, and the episodes. It
    leads nobody elsewhere: where it will be, it is the new one.
    """
    row = session.get_one(ShowRow, slug)
    show = Show.stored(row.settings)
    episodes = [episode(found, show, files) for found in session.execute(listed(show, files).live())]
    channel = _channel(row, files, feed_address=files.feed_address(slug), locked=False)
    settled = replace(channel, show=channel.show.model_copy(update={"new_feed": ""}))
    return render(settled, episodes), episodes


def _channel(row: ShowRow, files: PublicFiles, **others: Any) -> Channel:  # noqa: ANN401  fields of Channel
    show = Show.stored(row.settings)
    return Channel(
        show=show,
        guid=row.podcast_guid,
        artwork_address=files.artwork_address(row.slug, png=row.artwork_png),
        site=show.link or files.address,
        private=files.private,
        **others,
    )


def _first_page(
    newest: Sequence[Episode],
    page: Callable[[Sequence[Episode], list[tuple[str, str]]], bytes],
    slug: str,
    files: PublicFiles,
) -> tuple[bytes, int]:
    """Return the first page, and how many of the newest are on it; it names the month in which the archive goes on,
    where there is more.
    """
    number = min(len(newest), FEED_ITEMS)
    while True:
        oldest = newest[number - 1] if number else None
        month = f"{oldest.published_at:%Y-%m}" if oldest and number < len(newest) else None
        links = [(rel, files.archive_address(slug, month)) for rel in ("next", "prev-archive")] if month else []
        content = page(newest[:number], links)
        if len(content) <= FEED_BYTES or number <= SURE_ITEMS:
            return content, number
        number = max(SURE_ITEMS, min(number - 1, number * FEED_BYTES // len(content)))


def _months(session: Session, there_are: Listed, there: set[str], changed: datetime | None) -> list[str]:
    """Return the months with episodes that are live, the oldest first: by what is `there` already and the one that has
    `changed`, so that a change does not look through years of episodes; by all of them where neither is known.
    """
    if changed is not None and there:
        month = f"{changed:%Y-%m}"
        filled = session.execute(there_are.live(month).limit(1)).first() is not None
        return sorted(there | {month} if filled else there - {month})
    return sorted({f"{moment:%Y-%m}" for moment in session.scalars(there_are.moments())})


def _to_write(
    months: Sequence[str],
    there: set[str],
    changed: datetime | None,
    edge: Sequence[Episode],
    until: Callable[[str], datetime | None],
) -> list[str]:
    """Return the months whose pages are to be written. Pages name their neighbours, so those of a page that comes or
    goes are written anew.

    A page may wait while what it lacks, by the moment `until` which it tells of episodes, stands on the first page and
    not yet at its `edge`: else each publication of a busy show would write the month anew, thousands of items long.
    """
    if changed is None:
        return list(months)
    came_or_went = there ^ set(months)
    every = sorted(there | set(months))
    beside = {
        neighbour
        for place, month in enumerate(every)
        if month in came_or_went
        for neighbour in every[max(0, place - 1) : place + 2]
    }
    moments = [changed, *(one.published_at for one in edge)]
    near = {f"{moment:%Y-%m}" for moment in moments}

    def is_behind(month: str) -> bool:
        told = until(month)
        of_month = [one.published_at for one in edge if f"{one.published_at:%Y-%m}" == month]
        is_its_own = month == f"{changed:%Y-%m}" and _is_within(changed, told)
        return is_its_own or not all(_is_within(moment, told) for moment in of_month)

    return [month for month in months if month in came_or_went | beside or (month in near and is_behind(month))]


def _is_within(moment: datetime, told: datetime | None) -> bool:
    """Tell whether a page that tells of episodes until then may tell of one of that moment; it says so by the second.
    Of a page that does not say, anything may be wrong.
    """
    return told is None or moment < told + timedelta(seconds=1)


def _as_told(of_month: list[Episode], first: Sequence[Episode], told: datetime | None) -> list[Episode]:
    """Return the episodes of a month's page that waits while all others are on the first page: see `_to_write`."""
    lacking = [one for one in of_month if not _is_within(one.published_at, told)]
    waits = all(one.published_at >= first[-1].published_at for one in lacking)
    return of_month[len(lacking) :] if waits else of_month


def _told_until(month: str, *, slug: str, files: PublicFiles) -> datetime | None:
    """Return when the newest episode on a month's page was published; None where it does not say."""
    blocks = files.storage.blocks(archive_name(slug, month))
    found = _BUILT.search(next(blocks, b"")) if blocks is not None else None
    return parsedate_to_datetime(found[1].decode()) if found else None


def _archive_links(months: Sequence[str], month: str, slug: str, files: PublicFiles) -> list[tuple[str, str]]:
    place = months.index(month)
    links = [("current", files.feed_address(slug)), ("first", files.feed_address(slug))]
    if place > 0:
        links += [(rel, files.archive_address(slug, months[place - 1])) for rel in ("prev-archive", "next")]
    if place + 1 < len(months):
        links += [(rel, files.archive_address(slug, months[place + 1])) for rel in ("next-archive", "previous")]
    return links
