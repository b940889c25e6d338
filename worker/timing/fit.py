"""Times of some words -> times of all words, in order, inside the take. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voices.words import share_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voices.engine import Word

#: An engine or an aligner that knows fewer of a text's words than this share is not believed.
_LEAST_KNOWN = 0.5


def fitted(spans: Sequence[tuple[int, int]], known: Sequence[Word], samples: int) -> list[Word] | None:
    """Return all words of a text, `spans` of it, with the times of the `known` words that overlap them.

    Times are cut to [0, `samples`). A word without one of its own, or one out of order, shares that of the timed word
    before it, or of the first. None where too few words have a time.
    """
    times = _times(spans, known, samples)
    timed = sorted(times)
    if not timed or len(timed) < len(spans) * _LEAST_KNOWN:
        return None
    words: list[Word] = []
    for number, start in enumerate(timed):
        stop = timed[number + 1] if number + 1 < len(timed) else len(spans)
        words += share_out(spans[start if number else 0 : stop], *times[start])
    return words


def _times(spans: Sequence[tuple[int, int]], known: Sequence[Word], samples: int) -> dict[int, tuple[int, int]]:
    """Return the times of those spans, by their number, that have one in order and inside the take."""
    times = {}
    words = sorted(known, key=lambda word: word.start)
    done = place = 0
    for number, (start, end) in enumerate(spans):
        while place < len(words) and words[place].end <= start:
            place += 1
        stop = place
        while stop < len(words) and words[stop].start < end:
            stop += 1
        if place < stop:
            first = max(done, min(word.first for word in words[place:stop]))
            last = min(samples, max(word.last for word in words[place:stop]))
            if first < last:
                times[number] = (first, last)
                done = last
    return times
