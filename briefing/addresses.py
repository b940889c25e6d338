"""Web addresses as names of articles. Pure; fetches nothing."""

from __future__ import annotations

import hashlib
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from briefing.errors import AddressRefused

_DEFAULT_PORTS = {"http": 80, "https": 443}

#: Query parameters that say where a reader came from, not which article it is.
_TRACKING = ("utm_", "fbclid", "gclid", "mc_cid", "mc_eid")


def is_address(text: str) -> bool:
    """Tell whether `text` is meant as a web address."""
    return text.lower().startswith(("http://", "https://"))


def canonical_address(address: str) -> str:
    """Return `address` in the one form that names its article: lower-case host, no default port, no fragment, no
    tracking parameters. Raises AddressRefused for anything but a plain http(s) address.
    """
    try:
        parts = urlsplit(address.strip())
        port = parts.port
    except ValueError as error:
        message = f"{address[:200]!r} is not a web address"
        raise AddressRefused(message) from error
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not parts.hostname or parts.username is not None or parts.password is not None:
        message = f"{address[:200]!r} is not a plain http(s) address"
        raise AddressRefused(message)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if port is not None and port != _DEFAULT_PORTS[scheme]:
        host += f":{port}"
    query = urlencode([pair for pair in parse_qsl(parts.query, keep_blank_values=True)
                       if not pair[0].lower().startswith(_TRACKING)])  # fmt: skip
    return urlunsplit((scheme, host, parts.path or "/", query, ""))


def address_id(address: str) -> str:
    """Return the article ID of an address: the first 16 hex digits of its canonical form's sha256."""
    return hashlib.sha256(canonical_address(address).encode()).hexdigest()[:16]


def host_allowed(host: str, hosts: tuple[str, ...]) -> bool:
    """Tell whether `host` is among `hosts`, where "*.example.org" stands for every host below example.org."""
    return any(host == allowed or (allowed.startswith("*.") and host.endswith(allowed[1:])) for allowed in hosts)
