"""Articles by web address, from hosts that the newsroom named.

The ID is a hash of the address, so the address must be known from the request; see briefing/articles/addresses.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from briefing.errors import ArticleNotFound
from briefing.settings import FetchSettings
from briefing.values import Article, ArticleRef, Value
from worker.asking.web import Fetcher
from worker.words.text import decode_page

if TYPE_CHECKING:
    from worker.asking.web import Page


class Options(Value):
    """Options of an `http` source."""

    hosts: tuple[str, ...]
    """Hosts that may be fetched from; "*.example.org" stands for every host below."""
    allow_private: tuple[str, ...] = ()
    """"host:port" pairs on private networks that may be reached all the same, such as an internal CMS."""


class HttpSource:
    """Pages of some hosts."""

    def __init__(self, options: Options, bounds: FetchSettings) -> None:
        self._fetcher = Fetcher(bounds, frozenset(options.allow_private) | bounds.private_hosts, options.hosts)

    def fetch(self, ref: ArticleRef, address: str | None) -> Article:
        """Fetch the page at `address`. Raises as `Fetcher.fetch`, and ArticleNotFound without an address."""
        if address is None:
            message = f"no address is known for {ref}"
            raise ArticleNotFound(message, hint="Ask for the article by its address once.")
        return page_article(self._fetcher.fetch(address), ref)


def connect(options: dict[str, Any]) -> HttpSource:
    """Return the source. Raises pydantic's ValidationError."""
    return HttpSource(Options.model_validate(options), FetchSettings())


def page_article(page: Page, ref: ArticleRef) -> Article:
    """Return the article of a fetched page, not yet cleaned."""
    body = decode_page(page.content, page.charset)
    if page.media_type == "text/markdown":
        return Article(ref=ref, media_type="text/markdown", body=body, address=page.address)
    if page.media_type == "text/plain":
        return Article(ref=ref, media_type="text/plain", body=body, form="page", address=page.address)
    return Article(ref=ref, media_type="text/html", body=body, form="page", address=page.address)
