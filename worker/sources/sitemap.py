"""Articles of a site's map: its back catalogue, which `briefcast backlog` lists by date and section, and what is new.

The ID is that of the address, as the `http` kind makes it; the text is the page. A poll reads a few files and gives the
newest of what they date; what has no date is read when it is asked for. Says nothing of what has left a map.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from heapq import nlargest
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from briefing.articles.addresses import address_id, host_allowed
from briefing.articles.labels import Labels
from briefing.errors import ArticleNotFound
from briefing.following.sightings import Seen
from briefing.observing.logs import get_logger
from briefing.settings import FetchSettings
from briefing.values import Article, ArticleRef, Value
from worker.asking.answers import Asker
from worker.asking.web import Fetcher
from worker.sources.http import page_article
from worker.sources.options import Address
from worker.sources.site_map import MOST_BYTES, Visit, is_since, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from worker.sources.site_map import Entry, Known

_MAPS = (
    "application/xml",
    "text/xml",
    "application/gzip",
    "application/x-gzip",
    "application/octet-stream",
    "text/plain",
)

#: Addresses of one poll: more at once than any newsroom publishes in five minutes.
_MOST_AT_ONCE = 100

#: Files of one poll: an index, and those of its maps that changed last.
_MOST_FILES = 20

#: Addresses that a look knows: a page that has changed is among the newest.
_MOST_LOOKED_AT = 5000

#: How far back maps are read for what a look asks after.
_LOOKED_BACK = timedelta(days=7)

#: Seconds until a map is polled again that cost its server more than this: files that it was asked for, and bytes. Also
#: where a file came without a mark by which its server can tell that it is as it was.
_COSTLY_S = 300.0
_CHEAP_FILES = 10
_CHEAP_BYTES = 1_000_000

#: Which files of which maps this process knows as they were read last.
_KNOWN: OrderedDict[str, Mapping[str, Known]] = OrderedDict()
_MOST_KNOWN = 16

_log = get_logger("sitemap")

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
        self._read: dict[str, Entry] | None = None
        self._costly = False

    def fetch(self, ref: ArticleRef, address: str | None) -> Article:
        """Fetch an article's page; without its address, the map is read until it names it."""
        if address is None:
            entries = walk(self._asker, self._address, None)
            address = next((entry.address for entry in entries if address_id(entry.address) == ref.id), None)
        if address is None:
            message = f"{self._address} names no article {ref.id}"
            raise ArticleNotFound(message)
        return page_article(self._fetcher.fetch(address), ref)

    def seen(self, since: datetime | None) -> Iterator[Seen]:
        """Give what the map dates at `since` or later, newest first, and no more than a poll is for. Of more at once
        than anybody publishes it is the map that was made anew: what has audio is looked at, nothing is new.
        """
        visit, back_to = Visit(_MOST_FILES, _KNOWN.get(self._address, {})), datetime.now(UTC) - _LOOKED_BACK
        # As far back as for a look, which then knows by this visit what is still so.
        dated = self._dated(min(since, back_to) if since is not None else None, visit)
        changed = (entry for entry in dated if since is None or is_since(_changed(entry), since))
        newest, number = _newest(changed, _MOST_AT_ONCE)
        flood = since is not None and number > _MOST_AT_ONCE
        if flood:
            _log.warning("a map dates very much anew", map=self._address, addresses=number)
        yield from (self._sighting(entry, entry.published_at if flood else entry.at) for entry in newest)
        marked = all(file.condition for file in visit.fresh.values())
        self._costly = visit.files > _CHEAP_FILES or visit.size > _CHEAP_BYTES or not marked
        there = (entry for file in visit.fresh.values() for entry in file.newest if self._is_ours(entry))
        self._read = {address_id(entry.address): entry for entry in there if is_since(_changed(entry), back_to)}
        # Only now: what broke off is read again.
        _KNOWN[self._address] = visit.fresh
        _KNOWN.move_to_end(self._address)
        while len(_KNOWN) > _MOST_KNOWN:
            _KNOWN.popitem(last=False)

    def pause_s(self) -> float | None:
        """Return how long the map is to be left alone after what `seen` cost its server; None: no longer than usual."""
        return _COSTLY_S if self._costly else None

    def look(self, ids: Sequence[str]) -> Iterator[Seen]:
        """Give those that the map dates among its newest, as `seen` read it where it did. Maps forget, so none of the
        others is taken for gone.
        """
        if self._read is None:
            # Read whole, and not noted as read: what is new there is for `seen`.
            newest, _ = _newest(self._dated(datetime.now(UTC) - _LOOKED_BACK, Visit(_MOST_FILES)), _MOST_LOOKED_AT)
            self._read = {address_id(entry.address): entry for entry in newest}
        for name in ids:
            if name in self._read:
                entry = self._read[name]
                yield self._sighting(entry, entry.at)

    def _dated(self, since: datetime | None, visit: Visit) -> Iterator[Entry]:
        entries = walk(self._asker, self._address, since, visit)
        return (entry for entry in entries if self._is_ours(entry) and entry.at is not None)

    def _is_ours(self, entry: Entry) -> bool:
        return host_allowed(str(urlsplit(entry.address).hostname), self._hosts)

    def _sighting(self, entry: Entry, published_at: datetime | None) -> Seen:
        labels = Labels(sections=entry.sections or None)
        changed = _changed(entry)
        return Seen(
            id=address_id(entry.address),
            address=entry.address,
            updated_at=changed,
            published_at=published_at,
            labels=labels,
        )

    def catalogue(self, since: datetime | None) -> Iterator[Seen]:
        """Give what the map names on the source's hosts, in the map's order; what it dates before `since` may be left
        out. Dates are as the map has them, sections are the folders of an address's path.
        """
        for entry in walk(self._asker, self._address, since):
            if self._is_ours(entry):
                yield Seen(
                    id=address_id(entry.address),
                    address=entry.address,
                    updated_at=entry.changed_at,
                    published_at=entry.at,
                    labels=Labels(sections=entry.sections or None),
                )


def _newest(entries: Iterable[Entry], most: int) -> tuple[list[Entry], int]:
    """Return the newest of entries that have a date, and how many there were; keeps no more, as maps name a million."""
    number = 0

    def counted() -> Iterator[Entry]:
        nonlocal number
        for number, entry in enumerate(entries, start=1):  # noqa: B007  read outside
            yield entry

    return nlargest(most, counted(), key=lambda entry: _changed(entry).timestamp()), number


def _changed(entry: Entry) -> datetime:
    """Return when an entry that has a date changed last."""
    assert entry.dated_at is not None
    return entry.dated_at


def connect(options: dict[str, Any]) -> SitemapSource:
    """Return the source. Raises pydantic's ValidationError."""
    return SitemapSource(Options.model_validate(options), FetchSettings())
