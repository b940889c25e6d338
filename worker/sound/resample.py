"""Resampling to the programme's rate by libswresample; pydub's own leaves images 13 dB below a tone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import av
import numpy as np

from worker.sound.graph import samples_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from worker.sound import Block


def resampled_length(samples: int, rate: int, to_rate: int) -> int:
    """Return how many samples `resampled` gives for `samples` at `rate`."""
    return math.ceil(samples * to_rate / rate)


def resampled(blocks: Iterable[Block], rate: int, to_rate: int) -> Iterator[Block]:
    """Yield a stream at another rate, exactly `resampled_length` samples in all."""
    if rate == to_rate:
        yield from blocks
        return
    resampler = av.AudioResampler("flt", "mono", to_rate)
    taken = given = 0
    for block in blocks:
        taken += len(block)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block[None, :]), format="flt", layout="mono")
        frame.sample_rate = rate
        for out in resampler.resample(frame):
            samples = samples_of(out)
            given += len(samples)
            yield samples
    wanted = resampled_length(taken, rate, to_rate)
    rest = [samples_of(out) for out in resampler.resample(None)]
    tail = np.concatenate(rest) if rest else np.zeros(0, dtype=np.float32)
    missing = wanted - given
    yield tail[:missing] if len(tail) >= missing else np.pad(tail, (0, missing - len(tail)))
