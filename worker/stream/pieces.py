"""Where the stream of audio that is still being made is cut: pieces at the ends of takes, segments of two seconds.

All in MP3 frames of the whole programme, so that pieces put end to end are one stream without a gap. Arithmetic alone.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from briefing.audio import MASTER_RATE
from briefing.values import Value
from worker.encode import FRAME_SAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Frames of a segment at most, 1.99 s: players ask for the playlist again after as long as its longest segment lasts,
#: and half as long where they found nothing new.
_SEGMENT_FRAMES = 76

#: What the playlist promises that no segment lasts longer than, in seconds.
TARGET_S = 2


class Stream(Value):
    """How far a revision's stream has come."""

    pieces: tuple[int, ...] = ()
    """Frames of the programme at which each piece ends."""
    ended: bool = False
    """Whether the last piece is among them."""

    @property
    def frames(self) -> int:
        """How many frames can be heard."""
        return self.pieces[-1] if self.pieces else 0

    def grown(self, end: int, *, ended: bool) -> Stream:
        """Return the stream with a piece more, that ends at frame `end`, unless it has come as far already."""
        more = (end,) if end > self.frames else ()
        return Stream(pieces=(*self.pieces, *more), ended=ended)


def segments(stream: Stream) -> Iterator[tuple[int, int]]:
    """Yield the segments of a stream: first frame and frame behind the last."""
    for start, end in pairwise((0, *stream.pieces)):
        yield from parts(start, end)


def parts(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the segments of a piece, of nearly equal length."""
    count = -(-(end - start) // _SEGMENT_FRAMES)
    for number in range(count):
        yield start + (end - start) * number // count, start + (end - start) * (number + 1) // count


def seconds(frames: int) -> float:
    """Return how long frames last."""
    return frames * FRAME_SAMPLES / MASTER_RATE
