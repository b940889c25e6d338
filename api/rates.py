"""How often callers may ask: buckets in this process's memory, per key, and per address where no good key is sent.

Readers' files are not counted: whole towns come from one address. Behind a proxy the address is the proxy's, unless
`BRIEFCAST_TRUSTED_PROXIES` says whom to believe.
"""

from __future__ import annotations

import ipaddress
import math
import time
from typing import TYPE_CHECKING

from api.problems import Problem
from briefing.audience.clients import bare, network
from briefing.errors import Misconfigured
from briefing.limits import Buckets, Failures, Standing

if TYPE_CHECKING:
    from fastapi import Request

    from briefing.settings import QuotaSettings

    Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_HINT = "Wait for as long as Retry-After says."


class Rates:
    """The counts of one API process."""

    def __init__(self, settings: QuotaSettings, trusted_proxies: str) -> None:
        """Raises Misconfigured for proxies that are no addresses."""
        self._anonymous_a_minute = settings.anonymous_a_minute
        self._trusted = _networks(trusted_proxies)
        self._keys, self._addresses = Buckets(), Buckets()
        self._failures = Failures(settings.failed_keys)

    def without_key(self, request: Request) -> None:
        """Count a request that lacks its key. Raises Problem for too many."""
        if self._anonymous_a_minute:
            standing = self._addresses.take(self._whose(request), self._anonymous_a_minute, time.monotonic())
            _demand(standing.wait_s, "too many requests without a key")

    def before_key(self, request: Request, key: str) -> None:
        """Look whether a key from that address is looked at now. Raises Problem while it is not."""
        wait_s = self._failures.wait_s(self._whose(request), key, time.monotonic())
        _demand(wait_s, "too many keys that are not valid came from this address")

    def after_key(self, request: Request, key: str, *, good: bool) -> None:
        """Note whether a key was good."""
        if good:
            self._failures.was_good(key)
        else:
            self._failures.was_bad(self._whose(request), time.monotonic())

    def with_key(self, request: Request, key_id: str, per_minute: int) -> None:
        """Count a request of a key, and have the answer say how it stands. Raises Problem for too many."""
        if not per_minute:
            return
        standing = self._keys.take(key_id, per_minute, time.monotonic())
        request.state.rate_limit = standing
        _demand(standing.wait_s, f"more than {per_minute:,} requests a minute with this key")

    def address_of(self, request: Request) -> str:
        """Return who sends: the nearest address that is no proxy of ours."""
        address = request.client.host if request.client else ""
        told = [bare(part.strip()) for part in request.headers.get("x-forwarded-for", "").split(",")]
        while told and self._is_ours(address):
            address = told.pop() or address
        return address

    def _whose(self, request: Request) -> str:
        """Return by what a sender is counted: of IPv6 the /64, since whoever has one has all addresses in it."""
        return network(self.address_of(request))

    def _is_ours(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._trusted)


def headers_for(standing: Standing) -> dict[str, str]:
    """Return the RateLimit fields (IETF draft "RateLimit header fields for HTTP") of an answer."""
    full_s = math.ceil((standing.limit - standing.left) * 60 / standing.limit)
    return {
        "RateLimit-Policy": f'"key";q={standing.limit};w=60',
        "RateLimit": f'"key";r={standing.left};t={full_s}',
    }


def _demand(wait_s: float, detail: str) -> None:
    if wait_s > 0:
        raise Problem("rate_limited", detail, _HINT, {"Retry-After": str(math.ceil(wait_s))})


def _networks(text: str) -> list[Network]:
    try:
        return [ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip()]
    except ValueError as error:
        message = f"BRIEFCAST_TRUSTED_PROXIES: {error}"
        raise Misconfigured(message, hint="Write addresses or networks, as 10.0.0.5, 10.1.0.0/16.") from error
