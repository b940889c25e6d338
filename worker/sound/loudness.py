"""Loudness and true peak after ITU-R BS.1770-4 and EBU R 128, by libavfilter's ebur128.

Mono is measured as dual mono, that is as it sounds from two loudspeakers or earphones: 3 LU more than the mono
reading. All figures of this project are of that kind.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from worker.sound.graph import Chain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from av import AudioFrame
    from numpy.typing import NDArray

    from worker.sound import Block

_OPTIONS = "dualmono=true:metadata=1:framelog=quiet"

#: ebur128's reading where nothing passes the absolute gate.
_SILENT_LUFS = -70.0

#: Seconds of sound of which loudness is measured; of what is shorter the meter tells nothing.
_SHORTEST_S = 0.4

#: As low as momentary loudness is told, minus infinity included.
_QUIETEST_LUFS = -120.0

#: Noise at -180 dBFS. In digital silence the filter's memory decays into numbers so small that processors take many
#: times as long over them: with this, a programme of silence is measured in a fifth of the time.
_HISS = (1e-9 * np.random.default_rng(1770).standard_normal(4096)).astype(np.float32)


@dataclass(frozen=True)
class Loudness:
    """What was measured of a signal."""

    integrated_lufs: float | None
    """None where there is too little sound to measure: under 0.4 s, or below the absolute gate of −70 LUFS."""
    loudest_lufs: float | None
    """Loudness of the loudest 3 s (short-term, EBU Tech 3341), or of the whole where that is louder or shorter; None as
    above.
    """
    true_peak_dbtp: float | None
    """Four times oversampled peak; None unless asked for, and for silence."""


class Meter:
    """Measures a stream of blocks."""

    def __init__(self, rate: int, *, true_peak: bool = False) -> None:
        options = _OPTIONS + (":peak=true" if true_peak else "")
        self._chain = Chain(rate, ("ebur128", options))
        self._true_peak = true_peak
        self._last: dict[str, str] = {}
        self._loudest = _SILENT_LUFS
        # The filter reports every tenth of a second, so the last part of one would not be seen.
        self._tail = np.zeros(rate // 10, dtype=np.float32)

    def push(self, block: Block) -> None:
        """Measure one more block."""
        self._note(self._chain.push(block + np.resize(_HISS, len(block))))

    def result(self) -> Loudness:
        """Return the measure of all that was pushed; nothing may be pushed after."""
        self.push(self._tail)
        self._note(self._chain.finish())
        integrated = float(self._last.get("lavfi.r128.I", _SILENT_LUFS))
        heard = math.isfinite(integrated) and integrated > _SILENT_LUFS
        peak = float(self._last.get("lavfi.r128.true_peak", 0.0))
        return Loudness(
            integrated_lufs=integrated if heard else None,
            loudest_lufs=max(self._loudest, integrated) if heard else None,
            true_peak_dbtp=20 * math.log10(peak) if self._true_peak and peak > 0 else None,
        )

    def _note(self, frames: Iterable[AudioFrame]) -> None:
        for frame in frames:
            if metadata := frame.metadata:
                self._last = dict(metadata)
                short_term = float(self._last.get("lavfi.r128.S", _SILENT_LUFS))
                self._loudest = max(self._loudest, short_term) if math.isfinite(short_term) else self._loudest


def measure(blocks: Iterable[Block], rate: int, *, true_peak: bool = False) -> Loudness:
    """Return the loudness of a stream of blocks at `rate` Hertz."""
    meter = Meter(rate, true_peak=true_peak)
    for block in blocks:
        meter.push(block)
    return meter.result()


def loudness_of(samples: Block, rate: int) -> float | None:
    """Return the integrated loudness of a sound, in LUFS; of one too short to be measured, as if it went on. None for
    silence.
    """
    if 0 < len(samples) < _SHORTEST_S * rate:
        samples = np.tile(samples, math.ceil(2 * _SHORTEST_S * rate / len(samples)))
    return measure([samples], rate).integrated_lufs


def momentary(samples: Block, rate: int) -> NDArray[np.float64]:
    """Return the momentary loudness of a short sound, every tenth of a second, in LUFS."""
    chain = Chain(rate, ("ebur128", _OPTIONS))
    if not len(samples):
        return np.zeros(0)
    frames = chain.push(samples + np.resize(_HISS, len(samples)))
    told = [frame.metadata.get("lavfi.r128.M", "-inf") for frame in frames if frame.metadata]
    # In digital silence after sound the filter tells "nan", which np.maximum would keep.
    return np.fmax(np.array(told, dtype=np.float64), _QUIETEST_LUFS)


def mean_loudness(parts: Iterable[tuple[float, float]]) -> float | None:
    """Return the loudness of parts heard one after another, each (LUFS, seconds); None for no parts.

    The energies add by length, as in BS.1770's ungated mean.
    """
    energy = length = 0.0
    for lufs, seconds in parts:
        energy += seconds * 10 ** (lufs / 10)
        length += seconds
    return 10 * math.log10(energy / length) if energy > 0 else None
