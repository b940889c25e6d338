"""A chain of libavfilter filters fed block by block. The one place that speaks PyAV's filter language."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, cast

import av
import numpy as np
from av.error import BlockingIOError as Starved
from av.error import EOFError as Ended
from av.filter import Graph

if TYPE_CHECKING:
    from collections.abc import Iterator

    from worker.sound import Block


class Chain:
    """Filters in a row, mono float in and out. Each filter is (name, "option=value:…")."""

    def __init__(self, rate: int, *filters: tuple[str, str]) -> None:
        self._rate = rate
        self._position = 0
        graph = Graph()
        # None of these filters shares its work out, and a pool of threads for each chain costs more than the chain.
        graph.threads = 1
        self._source = graph.add_abuffer(sample_rate=rate, format="flt", layout="mono", time_base=Fraction(1, rate))
        last = self._source
        for name, options in filters:
            following = graph.add(name, options)
            last.link_to(following)
            last = following
        to_float = graph.add("aformat", "sample_fmts=flt:channel_layouts=mono")
        sink = graph.add("abuffersink")
        last.link_to(to_float)
        to_float.link_to(sink)
        graph.configure()
        self._graph = graph

    def push(self, block: Block) -> list[av.AudioFrame]:
        """Feed a block and return the frames that are ready."""
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block[None, :]), format="flt", layout="mono")
        frame.sample_rate = self._rate
        frame.time_base = Fraction(1, self._rate)
        frame.pts = self._position
        self._position += len(block)
        self._source.push(frame)
        return list(self._ready())

    def finish(self) -> list[av.AudioFrame]:
        """Say that no more comes and return the rest."""
        self._source.push(None)
        return list(self._ready())

    def _ready(self) -> Iterator[av.AudioFrame]:
        while True:
            try:
                yield cast("av.AudioFrame", self._graph.pull())
            except (Starved, Ended):
                return


def samples_of(frame: av.AudioFrame) -> Block:
    """Return a mono float frame's samples; a copy, since the frame's buffer is used again."""
    # to_ndarray() does the same in four times the time, which counts at 38 frames a second of sound.
    return np.frombuffer(memoryview(frame.planes[0]), dtype=np.float32, count=frame.samples).copy()
