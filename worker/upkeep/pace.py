"""How long one part of the sweep may take in a round: whoever sweeps rings and frees leases too, and is ended by its
watchdog where it stands still. Knows nothing of what is done.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

T = TypeVar("T")

#: Seconds in which another one is begun with. A few parts at this pace, and one call of a slow storage or CDN each, are
#: far from what a watchdog waits for.
MOST_S = 5.0


def within(things: Iterable[T], clock: Callable[[], float] = time.monotonic) -> Iterator[T]:
    """Yield things until the time for them is up: the first in any case, so that every round gets somewhere."""
    end = clock() + MOST_S
    for thing in things:
        yield thing
        if clock() > end:
            return
