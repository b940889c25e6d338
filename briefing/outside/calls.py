"""Calls an API and posts to an address, under the checks of `briefing.outside.reaching`. Follows no redirect: what the
headers open, and what is sent, is for that host alone.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from briefing.articles.addresses import canonical_address
from briefing.errors import SourceUnavailable
from briefing.outside.reaching import Reach, retry_after

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Reply:
    """What an API answered, whatever it was."""

    status: int
    content: bytes
    retry_after_s: float | None = None
    """The server's wish, where it stated one."""


@dataclass(frozen=True)
class Caller(Reach):
    """Calls and posts."""

    def post(self, address: str, form: Mapping[str, str]) -> None:
        """Send a form to an address, under the same checks of where that is; redirects are not followed.

        Raises AddressRefused, or SourceUnavailable for every other answer than a 2xx.
        """
        try:
            asyncio.run(self._posted(canonical_address(address), form))
        except TimeoutError as error:
            message = f"{address} did not answer within {self.bounds.seconds:g} s"
            raise SourceUnavailable(message) from error

    def send(self, address: str, content: bytes, headers: Mapping[str, str]) -> None:
        """Send bytes to an address, as `post` does a form."""
        try:
            asyncio.run(self._posted(canonical_address(address), None, content, headers))
        except TimeoutError as error:
            message = f"{address} did not answer within {self.bounds.seconds:g} s"
            raise SourceUnavailable(message) from error

    def call(
        self, method: str, address: str, headers: Mapping[str, str], content: bytes | None = None, seconds: float = 0.0
    ) -> Reply:
        """Return what an API answers, under the same checks and bounds. Redirects are not followed: what the headers
        open is for that host alone. `seconds` is the bound on time, 0 for the usual one.

        Raises AddressRefused, PageRefused or SourceUnavailable.
        """
        try:
            return asyncio.run(self._called(method, address, headers, content, seconds or self.bounds.seconds))
        except TimeoutError as error:
            message = f"{urlsplit(address).hostname} did not answer in full within {seconds or self.bounds.seconds:g} s"
            raise SourceUnavailable(message) from error

    async def _called(
        self, method: str, address: str, headers: Mapping[str, str], content: bytes | None, seconds: float
    ) -> Reply:
        async with (
            asyncio.timeout(seconds),
            self.sent(method, address, headers=headers, content=content) as response,
        ):
            body = await self.body(response, str(urlsplit(address).hostname))
            wish = retry_after(response.headers.get("retry-after", "").strip())
            return Reply(response.status_code, body, wish)

    async def _posted(
        self,
        address: str,
        form: Mapping[str, str] | None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        sending = self.sent("POST", address, form, headers, content)
        async with asyncio.timeout(self.bounds.seconds), sending as response:
            if not response.is_success:
                wish = retry_after(response.headers.get("retry-after", "").strip())
                message = f"{address} answered {response.status_code}"
                raise SourceUnavailable(message, retry_after_s=wish)
