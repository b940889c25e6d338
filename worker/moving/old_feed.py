"""Fetches another host's feed, page by page, under bounds of its own: years of notes are longer than any article."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefing.articles.addresses import followed
from briefing.errors import PageRefused
from worker.moving.move import fetcher
from worker.moving.podcast import read_podcast

if TYPE_CHECKING:
    from datetime import datetime

    from briefing.settings import FetchSettings
    from worker.moving.podcast import OldPodcast

#: As what servers send feeds, by rights and otherwise.
_FEEDS = (
    "application/rss+xml",
    "application/xml",
    "text/xml",
    "application/x-rss+xml",
    "application/octet-stream",
    "binary/octet-stream",
    "text/html",
    "text/plain",
)

#: Megabytes of one page, as it arrives and decompressed: 10,000 episodes with notes of 5 kB each.
_MOST_MB = 50.0

#: Seconds for one page.
_SECONDS = 120.0

#: Pages of one feed.
_MOST_PAGES = 500


def read_pages(address: str, bounds: FetchSettings, now: datetime) -> tuple[list[OldPodcast], tuple[str, ...]]:
    """Return the pages of the feed at `address`, the newest first, at least one, and the addresses that the first one
    led to. `now` dates what nothing else does.

    Raises as `Fetcher.fetch` and `read_podcast` do.
    """
    roomy = bounds.model_copy(
        update={
            "wire_mb": max(bounds.wire_mb, _MOST_MB),
            "decoded_mb": max(bounds.decoded_mb, _MOST_MB),
            "seconds": max(bounds.seconds, _SECONDS),
        }
    )
    asking = fetcher(roomy, *_FEEDS)
    pages: list[OldPodcast] = []
    behind: tuple[str, ...] = ()
    seen: set[str] = set()
    following: str | None = address
    while following and following not in seen and len(seen) < _MOST_PAGES:
        seen.add(following)
        try:
            found = asking.fetch(following)
        except PageRefused as error:
            raise _told(error) from error
        if not pages:
            behind = found.behind
        pages.append(read_podcast(found.content, now))
        # By rights it is a whole address, by practice often not.
        older = pages[-1].next_page
        following = followed(found.address, older) if older else None
    return pages, behind


def _told(error: PageRefused) -> PageRefused:
    """Return what was refused, with what to do about a feed."""
    if error.code != "page_too_large":
        return error
    message = f"{error.message}: a page of a feed may have {_MOST_MB:g} MB"
    hint = "Have the old host list fewer episodes on a page, or raise BRIEFCAST_FETCH_DECODED_MB and _WIRE_MB."
    return PageRefused(message, code=error.code, hint=hint)
