"""The request at hand: an ID that logs of all processes share, from the API through the step table to the workers.

It lives where structlog keeps what it binds, so that binding it once has it in every line.
"""

from __future__ import annotations

import random
import re

import structlog

#: An ID of somebody else's that we take over: what proxies and CMSes send, and nothing that could break a log's line.
_SANE = re.compile(r"[A-Za-z0-9._:/+=-]{1,64}")


def request_id(given: str | None) -> str:
    """Return the ID of a request that came with `given`: that, if it is sane, else a new one."""
    return given if given is not None and _SANE.fullmatch(given) else f"{random.getrandbits(64):016x}"


def current_request() -> str | None:
    """Return the ID of the request at hand; None outside of any."""
    found: str | None = structlog.contextvars.get_contextvars().get("request_id")
    return found
