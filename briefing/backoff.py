"""How long to wait after a transient failure, and how often. Pure: chance is an argument."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

#: Transient failures a step may meet before it is given up: with the delays below, three and a half to seven minutes.
MAX_POSTPONED = 5

#: Delay after the first and after the last transient failure, in seconds; those between grow evenly by a factor.
BACKOFF_S = (2.0, 300.0)


def compute_backoff(postponed: int, chance: random.Random, at_least_s: float | None = None) -> float:
    """Return the delay before the next try in seconds: growing from 2 to 300 over `MAX_POSTPONED` tries, jittered by
    half, never under `at_least_s` (a server's Retry-After).
    """
    low, high = BACKOFF_S
    tried = min(postponed, MAX_POSTPONED - 1)  # a full disk may be met hundreds of times
    delay: float = low * (high / low) ** (tried / (MAX_POSTPONED - 1))
    delay *= 1 - chance.random() / 2
    return max(delay, min(at_least_s or 0.0, high))
