"""Stretches of a whole, as pairs of whole numbers: milliseconds heard, bytes asked for. Pure.

Their union is what makes counting idempotent: a beacon that comes twice, or a range fetched again, adds nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Spans = Sequence[Sequence[int]]

#: Spans kept of one session. Who seeks oftener has the smallest gap between two of them taken for heard.
MOST = 100

#: Parts of a story of which is told how much of each was heard: by a quarter, a minute, a second of most articles.
BUCKETS = 100
QUARTERS = 4


def union(spans: Iterable[Sequence[int]], most: int = MOST) -> list[list[int]]:
    """Return the spans in order, joined where they touch, `most` of them at most; empty ones are left out."""
    joined: list[list[int]] = []
    for start, end in sorted((span[0], span[1]) for span in spans if span[0] < span[1]):
        if joined and start <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([start, end])
    while len(joined) > most:
        smallest = min(range(len(joined) - 1), key=lambda i: joined[i + 1][0] - joined[i][1])
        joined[smallest : smallest + 2] = [[joined[smallest][0], joined[smallest + 1][1]]]
    return joined


def length(spans: Spans) -> int:
    """Return how much they cover, of spans that do not overlap."""
    return sum(span[1] - span[0] for span in spans)


def by_bucket(spans: Spans, whole: int, buckets: int = BUCKETS) -> list[int]:
    """Return how much of each of `buckets` equal parts of `whole` they cover; it adds up to their length."""
    found = [0] * buckets
    edges = [whole * number // buckets for number in range(buckets + 1)]
    for start, end in spans:
        for number in range(max(0, start * buckets // whole - 1) if whole else buckets, buckets):
            if edges[number] >= end:
                break
            found[number] += max(0, min(end, edges[number + 1]) - max(start, edges[number]))
    return found


def by_quarter(buckets: Sequence[int]) -> list[int]:
    """Return the sums over the four quarters of buckets."""
    size = len(buckets) // QUARTERS
    return [sum(buckets[number * size : (number + 1) * size]) for number in range(QUARTERS)]
