"""Fetches one web address safely: no private networks, no rebinding, bounded bytes and time.

Each host is resolved once; every address it has must be public; the connection goes to that very address while
the Host header and TLS name stay the host's (guarantees S2, S3). Redirects pass the same checks. Bodies are
decompressed under a bound (S4). Knows nothing of articles.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
import time
import zlib
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit, urlunsplit

import httpx

from briefing.addresses import canonical_address, host_allowed
from briefing.errors import AddressRefused, ArticleNotFound, PageRefused, SourceUnavailable
from worker.tls import trust

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from briefing.settings import FetchSettings

REDIRECTS = frozenset({301, 302, 303, 307, 308})

#: Hops followed; more is a loop or a tracker (S2).
_MOST_HOPS = 3

#: Media types of articles, and of what `briefcast inspect` looks into; the first two are preferred.
PAGES = ("text/html", "application/xhtml+xml", "text/plain", "text/markdown")
AUDIO = ("audio/mpeg", "audio/mp3", "audio/x-mpeg", "application/octet-stream", "binary/octet-stream")

#: Answers to whoever asks for the rest of a file.
_PARTS = frozenset({206, 416})

_GONE = frozenset({404, 410})
_TEMPORARY = frozenset({408, 425, 429, 500, 502, 503, 504})

#: zlib: 32 accepts both zlib and gzip headers, 15 is the largest window.
_GZIP_OR_ZLIB = 47

_NAT64 = ipaddress.ip_network("64:ff9b::/96")

#: Networks that Python counts as global although a gateway or an old rule may lead from them to a private one: local
#: NAT64 (RFC 8215), IPv4-compatible and IPv4-translated, site-local, 6to4 relays.
_ODD = tuple(
    ipaddress.ip_network(network)
    for network in ("64:ff9b:1::/48", "::/96", "::ffff:0:0:0/96", "fec0::/10", "192.88.99.0/24")
)


@dataclass(frozen=True)
class Page:
    """A fetched page."""

    address: str
    """Where it was found, after redirects."""
    media_type: str
    charset: str | None
    content: bytes


@dataclass(frozen=True)
class Reply:
    """What an API answered, whatever it was."""

    status: int
    content: bytes
    retry_after_s: float | None = None
    """The server's wish, where it stated one."""


@dataclass(frozen=True)
class Fetcher:
    """Fetches pages under `bounds`, redirects included, from `hosts` alone where these are given (see `host_allowed`).

    `allow_private` names "host:port" pairs exempt from the address checks.
    `media_types` are what may come back.
    """

    bounds: FetchSettings
    allow_private: frozenset[str] = field(default_factory=frozenset)
    hosts: tuple[str, ...] | None = None
    media_types: tuple[str, ...] = PAGES
    hops: int = _MOST_HOPS
    """Redirects followed."""
    stall_s: float | None = None
    """Seconds for which nothing may come; None for all there are."""

    def fetch(self, address: str) -> Page:
        """Return the page at `address`.

        Raises AddressRefused, ArticleNotFound, PageRefused or SourceUnavailable.
        """
        try:
            return asyncio.run(self._bounded(canonical_address(address)))
        except TimeoutError as error:
            message = f"{address} did not answer in full within {self.bounds.seconds:g} s"
            raise SourceUnavailable(message) from error

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
            self._sent(method, address, headers=headers, content=content) as response,
        ):
            body = await self._body(response, str(urlsplit(address).hostname))
            wish = _retry_after(response.headers.get("retry-after", "").strip())
            return Reply(response.status_code, body, wish)

    async def _posted(
        self,
        address: str,
        form: Mapping[str, str] | None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        sending = self._sent("POST", address, form, headers, content)
        async with asyncio.timeout(self.bounds.seconds), sending as response:
            if not response.is_success:
                wish = _retry_after(response.headers.get("retry-after", "").strip())
                message = f"{address} answered {response.status_code}"
                raise SourceUnavailable(message, retry_after_s=wish)

    async def _bounded(self, address: str) -> Page:
        async with asyncio.timeout(self.bounds.seconds):
            for _ in range(self.hops + 1):
                found = await self._hop(address)
                if isinstance(found, Page):
                    return found
                address = canonical_address(urljoin(address, found))
        message = f"{address} redirects more than {self.hops} times"
        raise PageRefused(message, hint="Give the article's final address.")

    @asynccontextmanager
    async def opened(self, address: str, headers: Mapping[str, str]) -> AsyncIterator[httpx.Response]:
        """Yield the answer from `address`, redirects followed under the same checks, its body not read: whoever reads
        it bounds it. Other answers than 200, 206 and 416 raise as `fetch` does.
        """
        address = canonical_address(address)
        for _ in range(self.hops + 1):
            async with self._sent("GET", address, headers=headers) as response:
                if response.status_code not in REDIRECTS or "location" not in response.headers:
                    if response.status_code not in _PARTS:
                        check_status(response.status_code, response.headers, address)
                    yield response
                    return
                address = canonical_address(urljoin(address, str(response.headers["location"])))
        message = f"{address} redirects more than {self.hops} times"
        raise PageRefused(message)

    async def _hop(self, address: str) -> Page | str:
        """Return the page, or where it redirects to."""
        async with self._sent("GET", address) as response:
            return await self._read(response, address)

    @asynccontextmanager
    async def _sent(
        self,
        method: str,
        address: str,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> AsyncIterator[httpx.Response]:
        """Connect to an address that may be connected to, and yield the answer, whose body has not been read."""
        parts = urlsplit(address)
        host = str(parts.hostname)
        if self.hosts is not None and not host_allowed(host, self.hosts):
            message = f"{address} is not on a host of this source"
            raise AddressRefused(message, hint="Add its host to the source's `hosts`.")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        ip = await self._public_ip(host, port)
        literal = f"[{ip}]" if ":" in ip else ip
        url = urlunsplit((parts.scheme, f"{literal}:{port}", parts.path, parts.query, ""))
        sent = {
            "Host": parts.netloc,
            "User-Agent": self.bounds.user_agent,
            "Accept": ",".join(self.media_types[:2] + tuple(f"{part};q=0.8" for part in self.media_types[2:])),
            "Accept-Encoding": "gzip",
            **(headers or {}),
        }
        # trust_env=False: a proxy named by the environment would connect wherever it likes.
        async with httpx.AsyncClient(
            verify=trust(), trust_env=False, timeout=self.stall_s or self.bounds.seconds
        ) as client:
            try:
                extensions = {"sni_hostname": host}
                request = client.build_request(
                    method, url, data=form, content=content, headers=sent, extensions=extensions
                )
                response = await client.send(request, stream=True, follow_redirects=False)
                try:
                    yield response
                finally:
                    await response.aclose()
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                message = f"{host} cannot be reached: {type(error).__name__}"
                raise SourceUnavailable(message) from error

    async def _public_ip(self, host: str, port: int) -> str:
        exempt = f"{host}:{port}" in self.allow_private
        if port not in {80, 443} and not exempt:
            message = f"port {port} of {host} is not one we fetch from"
            raise AddressRefused(message)
        try:
            addresses = await _resolved(host, port)
        except (OSError, UnicodeError) as error:
            message = f"the host {host} has no address"
            raise SourceUnavailable(message) from error
        if not exempt and not all(is_public(address) for address in addresses):
            message = f"the host {host} is on a private network"
            raise AddressRefused(message)
        return addresses[0]

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
        content = await self._body(response, address)
        return Page(address, media_type, response.charset_encoding, content)

    async def _body(self, response: httpx.Response, address: str) -> bytes:
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in {"identity", "", "gzip", "x-gzip", "deflate"}:
            message = f"{address} is compressed as {encoding}, which was not asked for"
            raise PageRefused(message)
        unpack = zlib.decompressobj(_GZIP_OR_ZLIB) if encoding not in {"identity", ""} else None
        most = int(self.bounds.decoded_mb * 1_000_000)
        body, wire = bytearray(), 0
        async for block in response.aiter_raw():
            wire += len(block)
            try:
                # One byte over the bound is enough to know; the rest is never unpacked.
                body += unpack.decompress(block, most + 1 - len(body)) if unpack else block
            except zlib.error as error:
                message = f"{address} is not the {encoding} it claims to be"
                raise PageRefused(message) from error
            if wire > self.bounds.wire_mb * 1_000_000 or len(body) > most:
                message = f"{address} is larger than we read"
                raise PageRefused(message, code="page_too_large")
        if unpack is not None and not unpack.eof:
            message = f"{address} broke off in the middle"
            raise SourceUnavailable(message)
        return bytes(body)


def check_status(status: int, headers: httpx.Headers, address: str) -> None:
    """Raise what a status other than 200 means: ArticleNotFound, SourceUnavailable or PageRefused."""
    if status in _GONE:
        message = f"{address} answered {status}: there is no such article"
        raise ArticleNotFound(message)
    if status in _TEMPORARY:
        message = f"{address} answered {status}"
        raise SourceUnavailable(message, retry_after_s=_retry_after(headers.get("retry-after", "").strip()))
    if status != httpx.codes.OK:
        message = f"{address} answered {status}"
        raise PageRefused(message, code="article_refused", hint="Open the address in a private browser window.")


def _retry_after(wish: str) -> float | None:
    """Return the seconds that a server wishes to be left alone: a number of them, or until a date."""
    if wish.isascii() and wish.isdecimal():
        return float(wish[:9])
    try:
        return max(0.0, parsedate_to_datetime(wish).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


async def _resolved(host: str, port: int) -> list[str]:
    """Return a host's addresses. Raises OSError and UnicodeError.

    In a thread that nobody waits for: the event loop's own threads are waited for when it ends, so that a name server
    that hangs would outlast the bound on time.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def settle(addresses: list[str] | None, error: Exception | None) -> None:
        if answer.done():
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(addresses or [])

    def ask() -> None:
        addresses, failed = None, None
        try:
            addresses = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        except (OSError, UnicodeError) as error:
            failed = error
        with suppress(RuntimeError):  # the loop has ended: nobody waits any more
            loop.call_soon_threadsafe(settle, addresses, failed)

    threading.Thread(target=ask, name="resolver", daemon=True).start()
    return await answer


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the public Internet, looking through IPv4 carried in IPv6."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        carried = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            carried = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if carried is not None:
            ip = carried
        elif ip.teredo is not None:
            return False
    if any(ip in network for network in _ODD if network.version == ip.version):
        return False
    return ip.is_global and not ip.is_multicast
