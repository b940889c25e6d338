"""Articles of a feed (RSS, Atom, JSON Feed): the text that the feed has, where it is whole, and otherwise the page.

The ID is that of the item's address, as the `http` kind makes it, so that an article is one whichever way it came; an
item without an address is named by its guid. Says nothing of what has left the feed: feeds forget.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from briefing.articles.addresses import host_allowed
from briefing.articles.labels import Labels
from briefing.errors import ArticleEmpty, ArticleNotFound
from briefing.following.sightings import Seen
from briefing.settings import FetchSettings
from briefing.values import Article, ArticleRef, Value
from worker.asking.answers import JSON, Asker
from worker.asking.web import PAGES, Fetcher
from worker.sources.feed_items import Item, read_feed
from worker.sources.http import page_article
from worker.sources.options import Address

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

#: What feeds are served as in practice.
_FEEDS = (
    "application/rss+xml",
    "application/atom+xml",
    *JSON,
    "application/xml",
    "text/xml",
    "application/rdf+xml",
    "text/html",
    "text/plain",
    "application/octet-stream",
)

_NOT_MODIFIED = 304

#: Feeds that this process keeps as it read them last, so that looking again costs their servers nothing.
_MOST_KEPT = 16


class Options(Value):
    """Options of a `feed` source."""

    address: Address
    """The feed's."""
    hosts: tuple[str, ...] = ()
    """Hosts beside the feed's own that its articles' pages may be fetched from; "*.example.org" for all below."""
    text: Literal["auto", "feed", "page"] = "auto"
    """Where the text is taken from: the feed where it is whole, always the feed, always the page."""
    language: str | None = None
    """BCP 47 tag of all items; None takes the feed's own."""
    allow_private: tuple[str, ...] = ()
    """"host:port" pairs on private networks that may be reached all the same."""


@dataclass(frozen=True)
class _Kept:
    """A feed as it was, and by what its server knows that it still is so."""

    items: tuple[Item, ...]
    condition: Mapping[str, str]
    """Headers, as `Answer.condition` gives them."""


_KEPT: OrderedDict[str, _Kept] = OrderedDict()


class FeedSource:
    """The items of one feed."""

    def __init__(self, options: Options, bounds: FetchSettings) -> None:
        self._options = options
        private = frozenset(options.allow_private) | bounds.private_hosts
        self._hosts = (str(urlsplit(options.address).hostname), *options.hosts)
        self._asker = Asker(bounds, private, self._hosts, media_types=_FEEDS)
        self._fetcher = Fetcher(bounds, private, self._hosts, media_types=PAGES)
        self._read: tuple[Item, ...] | None = None

    def fetch(self, ref: ArticleRef, address: str | None) -> Article:
        """Fetch an item's text, from the feed or its page; what has left the feed, from the `address` it had."""
        item = next((item for item in self._items() if item.id == ref.id), None)
        if item is None:
            if address is None:
                message = f"{self._options.address} has no item {ref.id} any more"
                raise ArticleNotFound(message, hint="Ask for the article by its address once.")
            return page_article(self._fetcher.fetch(address), ref)
        if self._of_feed(item):
            return self._from_feed(ref, item)
        if item.link is None or not host_allowed(str(urlsplit(item.link).hostname), self._hosts):
            message = f"the feed has only the beginning of {ref}, and its page {item.link} is on no host of this source"
            hint = "Add the page's host to the source's `hosts`."
            raise ArticleEmpty(message, code="article_behind_paywall", hint=hint)
        page = page_article(self._fetcher.fetch(item.link), ref)
        stated = {"published_at": item.published_at, "tags": item.tags, "authors": item.authors}
        return page.model_copy(update={name: value for name, value in stated.items() if value})

    def seen(self, since: datetime | None) -> Iterator[Seen]:
        """Give the items, newest first. What has no date of its last change is given each time: its hash tells."""
        self._read = self._items()
        for item in sorted(self._read, key=_when, reverse=True):
            changed = item.updated_at or (None if self._of_feed(item) else item.published_at)
            if since is None or changed is None or changed >= since:
                yield self._sighting(item)

    def look(self, ids: Sequence[str]) -> Iterator[Seen]:
        """Give those that are in the feed, as `seen` read it where it did: a poll asks for it once."""
        wanted = set(ids)
        items = self._items() if self._read is None else self._read
        yield from (self._sighting(item) for item in items if item.id in wanted)

    def _of_feed(self, item: Item) -> bool:
        return self._options.text == "feed" or (self._options.text == "auto" and item.is_whole)

    def _sighting(self, item: Item) -> Seen:
        return Seen(
            id=item.id,
            address=item.link,
            updated_at=item.updated_at or item.published_at,
            published_at=item.published_at or item.updated_at,
            labels=Labels(authors=item.authors or None, tags=item.tags or None),
            text_hash=item.text_hash if self._of_feed(item) else None,
        )

    def _from_feed(self, ref: ArticleRef, item: Item) -> Article:
        if item.is_cut or not (item.content or item.summary):
            message = f"the feed has only the beginning of {ref}"
            raise ArticleEmpty(message, code="article_behind_paywall", hint='Set the source\'s `text` to "auto".')
        return Article(
            ref=ref,
            media_type=item.media_type if item.content else "text/html",
            body=item.content or item.summary,
            address=item.link,
            title=item.title or None,
            byline=", ".join(item.authors) or None,
            published_at=item.published_at or item.updated_at,
            language=self._options.language or item.language,
            authors=item.authors,
            tags=item.tags,
        )

    def _items(self) -> tuple[Item, ...]:
        address = self._options.address
        kept = _KEPT.get(address)
        answer = self._asker.ask(address, kept.condition if kept else None, also={_NOT_MODIFIED} if kept else ())
        if kept is not None and answer.status == _NOT_MODIFIED:
            return kept.items
        items = tuple(read_feed(answer.page))
        _KEPT.pop(address, None)
        if answer.condition:
            _KEPT[address] = _Kept(items, answer.condition)
            while len(_KEPT) > _MOST_KEPT:
                _KEPT.popitem(last=False)
        return items


def connect(options: dict[str, Any]) -> FeedSource:
    """Return the source. Raises pydantic's ValidationError."""
    return FeedSource(Options.model_validate(options), FetchSettings())


def _when(item: Item) -> float:
    moment = item.updated_at or item.published_at
    return moment.timestamp() if moment else 0.0
