"""Articles of a site's map, for its back catalogue: `briefcast backlog` lists them by date and section.

The ID is that of the address, as the `http` kind makes it; the text is the page. Not for polling: a map is large, and
says little of what changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from briefing.addresses import address_id, host_allowed
from briefing.errors import ArticleNotFound
from briefing.labels import Labels
from briefing.settings import FetchSettings
from briefing.sightings import Seen
from briefing.values import Article, ArticleRef, Value
from worker.answers import Asker
from worker.sources.http import page_article
from worker.sources.options import Address
from worker.sources.site_map import MOST_BYTES, walk
from worker.web import Fetcher

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

_MAPS = (
    "application/xml",
    "text/xml",
    "application/gzip",
    "application/x-gzip",
    "application/octet-stream",
    "text/plain",
)

#: How many times as long as a page one file of a map may take: it is often ten times as large.
_SLOWER = 4


class Options(Value):
    """Options of a `sitemap` source."""

    address: Address
    """The map's, or its index's."""
    hosts: tuple[str, ...] = ()
    """Hosts beside the map's own that maps and articles may be on; "*.example.org" for all below."""
    allow_private: tuple[str, ...] = ()
    """"host:port" pairs on private networks that may be reached all the same."""


class SitemapSource:
    """The articles of one map."""

    def __init__(self, options: Options, bounds: FetchSettings) -> None:
        self._address = options.address
        self._hosts = (str(urlsplit(options.address).hostname), *options.hosts)
        private = frozenset(options.allow_private) | bounds.private_hosts
        most_mb = MOST_BYTES / 1_000_000
        large = bounds.model_copy(
            update={
                "seconds": bounds.seconds * _SLOWER,
                "wire_mb": max(bounds.wire_mb, most_mb),
                "decoded_mb": max(bounds.decoded_mb, most_mb),
            }
        )
        self._asker = Asker(large, private, self._hosts, media_types=_MAPS)
        self._fetcher = Fetcher(bounds, private, self._hosts)

    def fetch(self, ref: ArticleRef, address: str | None) -> Article:
        """Fetch an article's page; without its address, the map is read until it names it."""
        if address is None:
            entries = walk(self._asker, self._address, None)
            address = next((entry.address for entry in entries if address_id(entry.address) == ref.id), None)
        if address is None:
            message = f"{self._address} names no article {ref.id}"
            raise ArticleNotFound(message)
        return page_article(self._fetcher.fetch(address), ref)

    def catalogue(self, since: datetime | None) -> Iterator[Seen]:
        """Give what the map names on the source's hosts, in the map's order; what it dates before `since` may be left
        out. Dates are as the map has them, sections are the folders of an address's path.
        """
        for entry in walk(self._asker, self._address, since):
            if host_allowed(str(urlsplit(entry.address).hostname), self._hosts):
                yield Seen(
                    id=address_id(entry.address),
                    address=entry.address,
                    updated_at=entry.changed_at,
                    published_at=entry.at,
                    labels=Labels(sections=entry.sections or None),
                )


def connect(options: dict[str, Any]) -> SitemapSource:
    """Return the source. Raises pydantic's ValidationError."""
    return SitemapSource(Options.model_validate(options), FetchSettings())
