"""Web addresses as names of articles. Pure; fetches nothing."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

import idna

from briefing.errors import AddressRefused

_DEFAULT_PORTS = {"http": 80, "https": 443}

#: Longer addresses are refused by servers on the way, and by some of ours.
_LONGEST = 2000

#: Names that servers of names and certificates know; underscores stand in some all the same.
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")

#: Query parameters that say where a reader came from, not which article it is.
_TRACKING = ("utm_", "fbclid", "gclid", "mc_cid", "mc_eid")


def is_address(text: str) -> bool:
    """Tell whether `text` is meant as a web address."""
    return text.lower().startswith(("http://", "https://"))


def canonical_address(address: str) -> str:
    """Return `address` in the one form that names its article: ASCII, lower-case host (in Punycode where it has other
    letters), no default port, no fragment, no tracking parameters. What else is in its query stays as it is.

    Raises AddressRefused for anything but a plain http(s) address of at most 2,000 characters.
    """
    try:
        parts = urlsplit(address.strip())
        port = parts.port
        host = _ascii_host(parts.hostname or "")
        path, query = _quoted(parts.path), _quoted(_without_tracking(parts.query))
    except ValueError as error:
        message = f"{address[:200]!r} is not a web address"
        raise AddressRefused(message) from error
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not host or parts.username is not None or parts.password is not None:
        message = f"{address[:200]!r} is not a plain http(s) address"
        raise AddressRefused(message)
    if port is not None and port != _DEFAULT_PORTS[scheme]:
        host += f":{port}"
    canonical = urlunsplit((scheme, host, path or "/", query, ""))
    if len(canonical) > _LONGEST:
        message = f"{address[:200]!r}… is longer than {_LONGEST:,} characters"
        raise AddressRefused(message)
    return canonical


def _ascii_host(host: str) -> str:
    """Return a host name in ASCII, an IPv6 address in brackets and in its shortest form. Raises ValueError, also for an
    address with a zone, which is none of the Internet, and for what can be no host's name.
    """
    if ":" in host:
        address = ipaddress.IPv6Address(host)
        if address.scope_id is not None:
            message = f"{host!r} has a zone"
            raise ValueError(message)
        return f"[{address}]"
    name = host if host.isascii() else idna.encode(host, uts46=True).decode()
    if name and not _HOST.fullmatch(name):
        message = f"{host!r} is no host's name"
        raise ValueError(message)
    return name


def _without_tracking(query: str) -> str:
    return "&".join(pair for pair in query.split("&") if not pair.lower().startswith(_TRACKING))


def _quoted(text: str) -> str:
    """Percent-encode what may not stand in an address; what is encoded already stays, whatever its charset was. Raises
    ValueError for half a surrogate pair.
    """
    return quote(text, safe="%/:?@!$&'()*+,;=-._~[]")


def followed(base: str, link: str) -> str:
    """Return where `link` leads from the address `base`, canonical. Raises AddressRefused."""
    try:
        joined = urljoin(base, link)
    except ValueError as error:  # half an IPv6 address, of which urljoin makes no link at all
        message = f"{link[:200]!r} is not a web address"
        raise AddressRefused(message) from error
    return canonical_address(joined)


def address_id(address: str) -> str:
    """Return the article ID of an address: the first 16 hex digits of its canonical form's sha256."""
    return hashlib.sha256(canonical_address(address).encode()).hexdigest()[:16]


def host_allowed(host: str, hosts: tuple[str, ...]) -> bool:
    """Tell whether `host` is among `hosts`, where "*.example.org" stands for every host below example.org."""
    return any(host == allowed or (allowed.startswith("*.") and host.endswith(allowed[1:])) for allowed in hosts)


def web_address(text: str | None) -> str | None:
    """Return `text` when it is an absolute http(s) address, as it stands; None for what nobody could open."""
    if not text or not text.startswith(("http://", "https://")):
        return None
    try:
        canonical_address(text)
    except AddressRefused:
        return None
    return text


def ascii_address(text: str | None) -> str | None:
    """Return an absolute http(s) address as files hold it whose fields take no other letters than ASCII's: as it stands
    where it can, else canonical. None for what nobody could open.
    """
    try:
        canonical = canonical_address(text or "")
    except AddressRefused:
        return None
    return text if text and text.isascii() else canonical
