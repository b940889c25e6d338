"""What this process believes of other servers' certificates: read once, since that takes longer than a look does.

Decides nothing about addresses.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    import ssl


@lru_cache(maxsize=1)
def trust() -> ssl.SSLContext:
    """Return what httpx trusts by itself, whatever the environment says. May be used by several clients and threads."""
    return httpx.create_ssl_context(trust_env=False)
