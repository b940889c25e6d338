"""What a careful listener would note of a sound file: length, loudness, peaks, evenness, gaps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from worker.sound.files import decoded
from worker.sound.loudness import Meter, measure

_RATE = 44_100
_WINDOW_S = 20

#: Quieter than this below the loud parts is a gap.
_GAP_BELOW_DB = 40.0
_FRAME_S = 0.01


@dataclass(frozen=True)
class Heard:
    """Measures of one file."""

    seconds: float
    lufs: float
    """Integrated, as dual mono."""
    true_peak_dbtp: float
    clipped: int
    """Samples at or beyond full scale."""
    drift_lu: float
    """Between the loudest and the softest 20 s that begin 5 s apart; the last part of a window counts with it."""
    longest_gap_s: float


def heard(path):
    """Decode a file and measure it."""
    samples = np.concatenate(list(decoded(path, _RATE)))
    meter = Meter(_RATE, true_peak=True)
    meter.push(samples)
    whole = meter.result()
    windows = [
        measure([samples[start : start + _WINDOW_S * _RATE]], _RATE).integrated_lufs
        for start in range(0, max(1, len(samples) - _WINDOW_S * _RATE), 5 * _RATE)
    ]
    loud = [lufs for lufs in windows if lufs is not None]
    return Heard(
        seconds=len(samples) / _RATE,
        lufs=whole.integrated_lufs,
        true_peak_dbtp=whole.true_peak_dbtp,
        clipped=int(np.sum(np.abs(samples) >= 0.9999)),
        drift_lu=max(loud) - min(loud),
        longest_gap_s=_longest_gap(samples),
    )


def _longest_gap(samples):
    frame = round(_RATE * _FRAME_S)
    frames = samples[: len(samples) // frame * frame].reshape(-1, frame)
    level = 10 * np.log10(np.maximum(np.mean(np.square(frames, dtype=np.float64), axis=1), 1e-20))
    quiet = level < np.percentile(level, 95) - _GAP_BELOW_DB
    longest = run = 0
    for is_quiet in quiet:
        run = run + 1 if is_quiet else 0
        longest = max(longest, run)
    return longest * _FRAME_S
