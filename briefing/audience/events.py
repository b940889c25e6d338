"""What players report, read from bytes that anybody may send: what makes no sense is left out, nothing is an error.

Pure. Whether the audio exists and is that long is found out by whoever writes it down.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any

#: Bytes of one report, and events of one: a player that sends one every ten seconds collects few.
MOST_BYTES = 16_384
MOST_EVENTS = 50

#: Seconds of the longest audio there may be, with room to spare.
_MOST_S = 24 * 3600.0

_EVENTS = frozenset({"play", "progress", "ended"})
_SESSION = re.compile(r"[A-Za-z0-9_-]{8,64}")
_ARTICLE = re.compile(r"[A-Za-z0-9._-]{1,128}:[A-Za-z0-9._-]{1,128}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Heard:
    """A stretch of audio that a page view played."""

    session: str
    """Random, of one page view; the player keeps it nowhere."""
    article: str
    sha256: str
    """Of the MP3."""
    start_ms: int
    end_ms: int


def parse(body: bytes) -> tuple[list[Heard], int]:
    """Return what a report tells, and how many of its events make no sense."""
    if len(body) > MOST_BYTES:
        return [], 1
    try:
        events = json.loads(body)["events"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return [], 1
    if not isinstance(events, list):
        return [], 1
    found = [heard for event in events[:MOST_EVENTS] if (heard := _heard(event)) is not None]
    return found, len(events) - len(found)


def _heard(event: Any) -> Heard | None:  # noqa: ANN401  anything that JSON can hold
    if not isinstance(event, dict) or event.get("event") not in _EVENTS:
        return None
    session, article, sha256 = (event.get(name) for name in ("session", "article", "revision"))
    start, end = _milliseconds(event.get("from_s")), _milliseconds(event.get("to_s"))
    if start is None or end is None or start > end:
        return None
    fits = _is(_SESSION, session) and _is(_ARTICLE, article) and _is(_SHA256, sha256)
    return Heard(str(session), str(article), str(sha256), start, end) if fits else None


def _is(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _milliseconds(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # Compared first: an integer of JSON may be longer than any float.
    return round(value * 1000) if 0 <= value <= _MOST_S and math.isfinite(value) else None
