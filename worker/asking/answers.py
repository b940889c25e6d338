"""Asks an address as a program does: with headers, and with the answer's status and headers beside its body.

What a CMS's interface, a feed and a site's map are fetched with, under all the bounds of briefing/outside/reaching.py.
Knows nothing of what is in the answers.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from briefing.articles.addresses import canonical_address, followed
from briefing.errors import PageRefused, SourceUnavailable
from briefing.outside.reaching import REDIRECTS
from worker.asking.web import Fetcher, Page, check_status

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import httpx

#: Media types of interfaces.
JSON = ("application/json", "application/feed+json", "application/vnd.api+json", "text/json")

_OK = 200


@dataclass(frozen=True)
class Answer:
    """What an address answered, redirects followed."""

    address: str
    status: int
    headers: httpx.Headers
    content: bytes

    @property
    def media_type(self) -> str:
        """In lower case, without parameters; empty where none is stated."""
        return str(self.headers.get("content-type", "")).split(";")[0].strip().lower()

    @property
    def page(self) -> Page:
        """The answer as a page."""
        charset = self.headers.get("content-type", "").partition("charset=")[2].split(";")[0].strip("\"' ") or None
        return Page(self.address, self.media_type or "text/html", charset, self.content)

    @property
    def condition(self) -> dict[str, str]:
        """Headers to ask with later, for nothing where it still is so; empty where its server has no such thing."""
        told = {
            "If-None-Match": self.headers.get("etag", ""),
            "If-Modified-Since": self.headers.get("last-modified", ""),
        }
        # What is not of letters that headers are sent in stays with its server.
        return {name: value for name, value in told.items() if value and value.isascii() and value.isprintable()}

    @property
    def is_json(self) -> bool:
        """Whether it says that it is JSON."""
        return self.media_type in JSON or self.media_type.endswith("+json")

    @cached_property
    def json(self) -> Any:  # noqa: ANN401  whatever the server says
        """The body as JSON. Raises PageRefused where it is none."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError) as error:
            message = f"{self.address} answered with JSON that is none"
            raise PageRefused(
                message, hint="Open the address in a browser: the site may be showing an error."
            ) from error


@dataclass(frozen=True)
class Asker(Fetcher):
    """A Fetcher that gives answers whole. Its `media_types` are what a 200 may be; empty takes all."""

    media_types: tuple[str, ...] = JSON

    def ask(
        self,
        address: str,
        headers: Mapping[str, str] | None = None,
        *,
        secret: Mapping[str, str] | None = None,
        also: Collection[int] = (),
    ) -> Answer:
        """Return the answer from `address`. `secret` headers go to its own host and scheme alone, not where it leads.

        Statuses other than 200 and those in `also` raise as `Fetcher.fetch` does: ArticleNotFound, PageRefused,
        SourceUnavailable; AddressRefused for an address that may not be asked.
        """
        try:
            return asyncio.run(self._answered(canonical_address(address), headers or {}, secret or {}, also))
        except TimeoutError as error:
            message = f"{address} did not answer in full within {self.bounds.seconds:g} s"
            raise SourceUnavailable(message) from error

    async def _answered(
        self, address: str, headers: Mapping[str, str], secret: Mapping[str, str], also: Collection[int]
    ) -> Answer:
        home = urlsplit(address)[:2]
        async with asyncio.timeout(self.bounds.seconds):
            for _ in range(self.hops + 1):
                told = {**headers, **(secret if urlsplit(address)[:2] == home else {})}
                async with self.sent("GET", address, headers=told) as response:
                    if response.status_code in REDIRECTS and "location" in response.headers:
                        address = followed(address, str(response.headers["location"]))
                        continue
                    if response.status_code not in also:
                        check_status(response.status_code, response.headers, address)
                    content = await self.body(response, address)
                    answer = Answer(address, response.status_code, response.headers, content)
                    if answer.status == _OK and self.media_types and answer.media_type not in self.media_types:
                        message = f"{address} is {answer.media_type or 'of no stated type'}, not what was asked for"
                        raise PageRefused(message, code="media_type_refused")
                    return answer
        message = f"{address} redirects more than {self.hops} times"
        raise PageRefused(message)
