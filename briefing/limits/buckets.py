"""Token buckets by name, in memory: a burst of a minute's worth, refilled evenly. The clock is an argument."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

#: Buckets kept; beyond that the one not used for longest is forgotten, and would begin full.
_MOST = 10_000

_MINUTE_S = 60.0


@dataclass(frozen=True)
class Standing:
    """How a bucket stands after a request."""

    limit: int
    """Requests a minute."""
    left: int
    wait_s: float
    """Seconds until the request would be granted; 0 where it is."""


class Buckets:
    """Buckets of one kind, for many threads."""

    def __init__(self, most: int = _MOST) -> None:
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()
        self._most = most

    def take(self, name: str, per_minute: int, now: float, cost: float = 1.0) -> Standing:
        """Take `cost` tokens of the bucket of that name if there are so many."""
        rate = per_minute / _MINUTE_S
        with self._lock:
            level, at = self._levels.pop(name, (float(per_minute), now))
            level = min(float(per_minute), level + max(0.0, now - at) * rate)
            granted = level >= cost
            if granted:
                level -= cost
            self._levels[name] = (level, now)
            if len(self._levels) > self._most:
                self._levels.popitem(last=False)
        return Standing(per_minute, int(level), 0.0 if granted else (cost - level) / rate)
