"""The edges of a spoken take: where its sound begins and ends, and how much breath is kept around it.

Pauses are ours to set, so a take is trimmed to its sound, and whoever places takes knows what silence they still carry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from worker.sound import Block

#: Kept before the first and after the last sound, in milliseconds: an attack needs a little room, an ending more.
KEEP_BEFORE_MS = 30
KEEP_AFTER_MS = 40

#: Sound ends this far below the take's loud parts. A final "th" or "f" lies 38 to 50 dB below them: measured on 52
#: takes of words such as "truth", "half" and "cloth", of which at -38 dB half lost up to a tenth of a second.
_EDGE_DB = -55.0

#: Where an engine's own noise is louder than that, sound ends this far above the noise, and never sooner than that far
#: below the loud parts.
_ABOVE_NOISE_DB = 12.0
_HIGHEST_DB = -38.0

#: Noise goes on as loud for so long, to within so much, and stays so far below the loud parts. A take that comes
#: trimmed shows none: its quietest moments are a final "th", as even as noise for 150 ms, its most even ones vowels.
_NOISE_MS = 200
_STEADY_DB = 6.0
_LOUDEST_NOISE_DB = -30.0

#: Sound fainter than this below the loud parts is heard as silence, and so much of it is kept before and after the
#: rest: the longest final "th" lasts 100 ms, while Piper sometimes breathes out for 430 ms, which a listener hears as
#: a gap.
_FAINT_DB = -36.0
_FAINT_BEFORE_MS = 100
_FAINT_AFTER_MS = 120

#: Sound is looked at in frames of this length.
FRAME_MS = 10


def frame_levels(samples: Block, rate: int) -> NDArray[np.float64]:
    """Return the level of each whole frame, in dBFS."""
    frame = max(1, rate * FRAME_MS // 1000)
    frames = samples[: len(samples) // frame * frame].reshape(-1, frame)
    power = np.mean(np.square(frames, dtype=np.float64), axis=1)
    return np.asarray(10 * np.log10(np.maximum(power, 1e-20)))


def trimmed(samples: Block, rate: int) -> tuple[Block, int]:
    """Return the samples without the silence at their edges, and how many were cut at the front.

    The threshold is relative to the sound's own level.
    """
    levels = frame_levels(samples, rate)
    if not len(levels):
        return samples, 0
    return _cut(samples, rate, levels, _noise_db(levels, float(np.percentile(levels, 95))))


def clearly_trimmed(samples: Block, rate: int) -> Block:
    """Return the samples without what is faint at their edges, the ends of words among it.

    What is compared is to end with what is clearly heard: the quietest twentieth counts as noise, whatever it is.
    """
    levels = frame_levels(samples, rate)
    if not len(levels):
        return samples
    quiet, loud = np.percentile(levels, (5, 95))
    return _cut(samples, rate, levels, float(quiet - loud))[0]


def _cut(samples: Block, rate: int, levels: NDArray[np.float64], noise_db: float) -> tuple[Block, int]:
    loud = float(np.percentile(levels, 95))
    threshold = loud + min(max(_EDGE_DB, noise_db + _ABOVE_NOISE_DB), _HIGHEST_DB)
    sounding = np.flatnonzero(levels > threshold)
    if not len(sounding):
        return samples, 0
    plain = np.flatnonzero(levels > max(threshold, loud + _FAINT_DB))
    first = max(int(sounding[0]), int(plain[0]) - _FAINT_BEFORE_MS // FRAME_MS)
    last = min(int(sounding[-1]), int(plain[-1]) + _FAINT_AFTER_MS // FRAME_MS)
    frame = rate * FRAME_MS // 1000
    start = max(0, first * frame - rate * KEEP_BEFORE_MS // 1000)
    end = min(len(samples), (last + 1) * frame + rate * KEEP_AFTER_MS // 1000)
    return samples[start:end], start


def _noise_db(levels: NDArray[np.float64], loud: float) -> float:
    """Return the level of an engine's own noise against the `loud` parts; minus infinity where none is heard."""
    frames = _NOISE_MS // FRAME_MS
    if len(levels) < frames:
        return -np.inf
    runs = np.lib.stride_tricks.sliding_window_view(levels, frames)
    found = runs.mean(axis=1)[np.ptp(runs, axis=1) < _STEADY_DB] - loud
    return float(found.min(initial=np.inf)) if np.any(found < _LOUDEST_NOISE_DB) else -np.inf
