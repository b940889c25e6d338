"""Addresses that send bad keys: after a number of them each further one is answered later, up to five minutes.

A key's secret cannot be guessed; this keeps guesses from the database and the log. The clock is an argument.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict

#: Seconds of the first delay, and at most.
_DELAY_S = (1.0, 300.0)

#: Seconds without a bad key after which an address is forgotten.
_FORGOTTEN_S = 900.0

#: Addresses, and good keys, that are kept.
_MOST = 10_000


class Failures:
    """What is known of addresses, and which keys were good."""

    def __init__(self, free: int) -> None:
        """Let `free` bad keys of an address pass without delay; 0 lets all."""
        self._free = free
        self._bad: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._good: OrderedDict[bytes, None] = OrderedDict()
        self._lock = threading.Lock()

    def wait_s(self, address: str, key: str, now: float) -> float:
        """Return the seconds until a key from that address is looked at again; 0 for at once.

        A key that was good here before is looked at in any case: behind one address may be many callers.
        """
        with self._lock:
            if _hashed(key) in self._good:
                return 0.0
            count, at = self._bad.get(address, (0, now))
            beyond = count - self._free
            if not self._free or beyond < 0:
                return 0.0
            low, high = _DELAY_S
            return max(0.0, at + min(high, low * 2.0 ** min(beyond, 20)) - now)

    def was_bad(self, address: str, now: float) -> None:
        """Note a bad key."""
        with self._lock:
            count, at = self._bad.pop(address, (0, now))
            self._bad[address] = (1 if now - at > _FORGOTTEN_S else count + 1, now)
            if len(self._bad) > _MOST:
                self._bad.popitem(last=False)

    def was_good(self, key: str) -> None:
        """Note a good key, by its hash."""
        with self._lock:
            self._good[_hashed(key)] = None
            self._good.move_to_end(_hashed(key))
            if len(self._good) > _MOST:
                self._good.popitem(last=False)


def _hashed(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
