"""Fetches a page from a web address: redirects followed, each under the checks of `briefing.outside.reaching`; bounded
time; the status and media type sorted into our errors. Knows nothing of articles.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import httpx

from briefing.articles.addresses import canonical_address, followed
from briefing.errors import ArticleNotFound, PageRefused, SourceUnavailable
from briefing.outside.reaching import REDIRECTS, TEMPORARY, Reach, retry_after

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

#: Hops followed; more is a loop or a tracker (S2).
_MOST_HOPS = 3

#: Media types of articles, and of what `briefcast inspect` looks into; the first two are preferred.
PAGES = ("text/html", "application/xhtml+xml", "text/plain", "text/markdown")
AUDIO = ("audio/mpeg", "audio/mp3", "audio/x-mpeg", "application/octet-stream", "binary/octet-stream")

#: Answers to whoever asks for the rest of a file.
_PARTS = frozenset({206, 416})

_GONE = frozenset({404, 410})


@dataclass(frozen=True)
class Page:
    """A fetched page."""

    address: str
    """Where it was found, after redirects."""
    media_type: str
    charset: str | None
    content: bytes
    behind: tuple[str, ...] = ()
    """Addresses that it was redirected to, the last of which is `address`; none where it was found at once."""


@dataclass(frozen=True)
class Fetcher(Reach):
    """Fetches pages, redirects included. `media_types` are what may come back."""

    media_types: tuple[str, ...] = PAGES
    hops: int = _MOST_HOPS
    """Redirects followed."""

    def fetch(self, address: str) -> Page:
        """Return the page at `address`.

        Raises AddressRefused, ArticleNotFound, PageRefused or SourceUnavailable.
        """
        try:
            return asyncio.run(self._bounded(canonical_address(address)))
        except TimeoutError as error:
            message = f"{address} did not answer in full within {self.bounds.seconds:g} s"
            raise SourceUnavailable(message) from error

    async def _bounded(self, address: str) -> Page:
        behind: list[str] = []
        async with asyncio.timeout(self.bounds.seconds):
            for _ in range(self.hops + 1):
                found = await self._hop(address)
                if isinstance(found, Page):
                    return replace(found, behind=tuple(behind))
                address = followed(address, found)
                behind.append(address)
        message = f"{address} redirects more than {self.hops} times"
        raise PageRefused(message, hint="Give the article's final address.")

    @asynccontextmanager
    async def opened(
        self, address: str, headers: Mapping[str, str]
    ) -> AsyncIterator[tuple[httpx.Response, tuple[str, ...]]]:
        """Yield the answer from `address`, redirects followed under the same checks, its body not read: whoever reads
        it bounds it; and the addresses that it was redirected to. Other answers than 200, 206 and 416 raise as `fetch`
        does.
        """
        address = canonical_address(address)
        behind: list[str] = []
        for _ in range(self.hops + 1):
            async with self.sent("GET", address, headers=headers) as response:
                if response.status_code not in REDIRECTS or "location" not in response.headers:
                    if response.status_code not in _PARTS:
                        check_status(response.status_code, response.headers, address)
                    yield response, tuple(behind)
                    return
                address = followed(address, str(response.headers["location"]))
                behind.append(address)
        message = f"{address} redirects more than {self.hops} times"
        raise PageRefused(message)

    async def _hop(self, address: str) -> Page | str:
        """Return the page, or where it redirects to."""
        async with self.sent("GET", address) as response:
            return await self._read(response, address)

    async def _read(self, response: httpx.Response, address: str) -> Page | str:
        status = response.status_code
        if status in REDIRECTS and "location" in response.headers:
            return str(response.headers["location"])
        check_status(status, response.headers, address)
        media_type = response.headers.get("content-type", "text/html").split(";")[0].strip().lower()
        if media_type not in self.media_types:
            looked_for = {PAGES: "an article", AUDIO: "audio"}.get(self.media_types, "what is looked for")
            message = f"{address} is {media_type}, not {looked_for}"
            raise PageRefused(message, code="media_type_refused")
        content = await self.body(response, address)
        return Page(address, media_type, response.charset_encoding, content)


def check_status(status: int, headers: httpx.Headers, address: str) -> None:
    """Raise what a status other than 200 means: ArticleNotFound, SourceUnavailable or PageRefused."""
    if status in _GONE:
        message = f"{address} answered {status}: there is no such article"
        raise ArticleNotFound(message)
    if status in TEMPORARY:
        message = f"{address} answered {status}"
        raise SourceUnavailable(message, retry_after_s=retry_after(headers.get("retry-after", "").strip()))
    if status != httpx.codes.OK:
        message = f"{address} answered {status}"
        raise PageRefused(message, code="article_refused", hint="Open the address in a private browser window.")
