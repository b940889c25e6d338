"""Which requests come from people, and which come from the same one. Pure; keeps nothing.

A client is its address and user agent under a day's salt: without the salt, which is destroyed, the hash leads nowhere.
Of IPv6 the /64 counts, since a device chooses the rest anew; many behind one IPv4 address are told apart by their
user agents alone, which the guidelines accept.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from briefing.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Characters of a user agent that are looked at; the rest of a longer one tells nothing.
_MOST_AGENT = 512

_IPV6_BITS = 64

#: Of IPv4, and of IPv6 in brackets.
_WITH_PORT = re.compile(r"([0-9.]+):[0-9]*|\[([0-9A-Fa-f:.]+)\](?::[0-9]*)?")

#: What browsers say when they fetch ahead of anybody.
_AHEAD = ("purpose", "sec-purpose", "x-purpose", "x-moz")


@cache
def bots(own: str = "") -> re.Pattern[str]:
    """Return what the user agents of programs that are no listeners look like; `own` names a file of one pattern a line
    that come on top. Raises Misconfigured.
    """
    listed: list[str] = tomllib.loads(files("briefing.audience").joinpath("clients.toml").read_text("utf-8"))["bots"]
    try:
        lines = Path(own).read_text("utf-8").splitlines() if own else []
        return re.compile("|".join(listed + [line for line in lines if line and line[0] != "#"]), re.IGNORECASE)
    except (OSError, UnicodeDecodeError, re.error) as error:
        message = f"BRIEFCAST_AUDIENCE_BOTS: {own} cannot be used: {error}"
        raise Misconfigured(message, hint="Name a file of one regular expression a line.") from error


def is_person(agent: str, programs: re.Pattern[str]) -> bool:
    """Tell whether a user agent may be a listener's. One that says nothing is none."""
    said = agent[:_MOST_AGENT].strip()
    return bool(said) and programs.search(said) is None


def is_ahead(headers: Mapping[str, str]) -> bool:
    """Tell whether a request fetches what nobody has asked for yet."""
    return any("prefetch" in value or "preview" in value for name in _AHEAD if (value := headers.get(name, "").lower()))


def bare(address: str) -> str:
    """Return an address without the port that some proxies tell with it, which each connection has another of:
    1.2.3.4:5000, [2001:db8::1]:443. What is no such thing as it is.
    """
    found = _WITH_PORT.fullmatch(address)
    return (found[1] or found[2]) if found else address


def network(address: str) -> str:
    """Return what of an address makes a client: all of IPv4, the /64 of IPv6; what is no address as it is."""
    try:
        parsed = ipaddress.ip_address(bare(address))
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((int(parsed), _IPV6_BITS), strict=False))
    return str(parsed)


def client(salt: bytes, address: str, agent: str) -> str:
    """Return a client's hash, 32 hex digits, under a day's salt."""
    said = f"{network(address)}\n{agent[:_MOST_AGENT]}".encode("utf-8", "replace")
    return hmac.digest(salt, said, hashlib.sha256).hex()[:32]
