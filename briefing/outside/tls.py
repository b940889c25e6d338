"""What this process believes of other servers' certificates: read once, since that takes longer than a look does.

Decides nothing about addresses.
"""

from __future__ import annotations

import ssl
from functools import lru_cache

import httpx

from briefing.errors import Misconfigured


@lru_cache(maxsize=1)
def trust() -> ssl.SSLContext:
    """Return what httpx trusts by itself, whatever the environment says. May be used by several clients and threads."""
    return httpx.create_ssl_context(trust_env=False)


@lru_cache(maxsize=2)
def trust_in(authorities: str) -> ssl.SSLContext:
    """Return the same with the authorities of a PEM file in place of the system's. Raises Misconfigured."""
    try:
        return ssl.create_default_context(cafile=authorities)
    except OSError as error:
        message = f"{authorities} is no file of certificates"
        raise Misconfigured(message) from error
