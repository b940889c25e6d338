"""Reaches one web address safely: no private networks, no rebinding, bounded bytes.

Each host is resolved once; every address it has must be public; the connection goes to that very address while
the Host header and TLS name stay the host's (guarantees S2, S3). Bodies are decompressed under a bound (S4). Follows no
redirect, bounds no time (whoever calls does), and knows nothing of pages and APIs: see `worker.asking.web`,
`briefing.outside.calls`.
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
from urllib.parse import urlsplit, urlunsplit

import httpx

from briefing.articles.addresses import host_allowed
from briefing.errors import AddressRefused, PageRefused, SourceUnavailable
from briefing.outside.tls import trust, trust_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from briefing.settings import FetchSettings

REDIRECTS = frozenset({301, 302, 303, 307, 308})

#: Statuses of servers that may answer otherwise in a while.
TEMPORARY = frozenset({408, 425, 429, 500, 502, 503, 504})

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
class Reach:
    """What may be connected to, and how much of an answer is read: `bounds`, and `hosts` alone where these are given
    (see `host_allowed`).

    `allow_private` names "host:port" pairs exempt from the address checks.
    `media_types` are what is asked for; empty for anything.
    """

    bounds: FetchSettings
    allow_private: frozenset[str] = field(default_factory=frozenset)
    hosts: tuple[str, ...] | None = None
    media_types: tuple[str, ...] = ()
    stall_s: float | None = None
    """Seconds for which nothing may come; None for all there are."""
    authorities: str = ""
    """A PEM file of those that may vouch for servers, in place of the public ones; empty for these."""

    @asynccontextmanager
    async def sent(
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
            "Accept": ",".join(self.media_types[:2] + tuple(f"{part};q=0.8" for part in self.media_types[2:])) or "*/*",
            "Accept-Encoding": "gzip",
            **(headers or {}),
        }
        # trust_env=False: a proxy named by the environment would connect wherever it likes.
        async with httpx.AsyncClient(
            verify=trust_in(self.authorities) if self.authorities else trust(),
            trust_env=False,
            timeout=self.stall_s or self.bounds.seconds,
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

    async def body(self, response: httpx.Response, address: str) -> bytes:
        """Return what an answer holds, decompressed under the bounds. Raises PageRefused and SourceUnavailable."""
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


def retry_after(wish: str) -> float | None:
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
