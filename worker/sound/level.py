"""The level of speech: evens out a take over its length, and says the gain that brings it to the mix's loudness.

A take's gain depends on the take and on its voice's loudness in the catalogue, never on the rest of a programme, so
that what plays live and the finished file agree, and an edit of one paragraph leaves the others as loud as they were.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from worker.sound.loudness import momentary

if TYPE_CHECKING:
    from worker.sound import Block

#: Loudness of every part in the mix; low enough that nothing nears full scale before mastering.
MIX_LUFS = -23.0

#: A sentence's own loudness counts by so much against its take's, heard over so long: measured, Piper's 20 s windows
#: then stay within 0.7 LU where a gain per take alone leaves 1.1 and a gain per voice 2.8; accents inside a sentence
#: stay.
_EVENED = 0.7
_WINDOW_S = 3.0
_MOST_EVENED_DB = 3.0

#: What is so much quieter than the take is a pause, in LU; pauses are neither measured nor lifted by themselves.
_PAUSE_LU = 12.0

#: Momentary loudness is told every tenth of a second, for the 0.4 s before.
_STEP_S = 0.1
_LAG_S = 0.2

#: Highest sample of an evened take: FLAC holds no more than 1.
_HIGHEST = 0.98

#: A take as long as this is brought to its voice's loudness by its own; a shorter one by so much less: a heading of one
#: word reads 3 LU louder than the same voice in a paragraph, because it has no quiet syllables and not because it is
#: loud.
_TELLING_S = 3.0

#: A take may be so far from its voice's loudness before it is left to sound different, in LU.
_MOST_CORRECTED_LU = 6.0

#: Gain for a take of a voice whose loudness the catalogue does not say, in dB either way.
_MOST_GAIN_DB = 24.0


def gain_db(take_lufs: float | None, seconds: float, voice_lufs: float | None) -> float:
    """Return the gain that brings a take to MIX_LUFS.

    `take_lufs` is None for what is too quiet to measure. Without `voice_lufs` the take's own loudness counts,
    however short it is.
    """
    if voice_lufs is None:
        return 0.0 if take_lufs is None else float(np.clip(MIX_LUFS - take_lufs, -_MOST_GAIN_DB, _MOST_GAIN_DB))
    gain = MIX_LUFS - voice_lufs
    if take_lufs is None:
        return gain
    telling = min(1.0, seconds / _TELLING_S)
    return gain + telling * float(np.clip(voice_lufs - take_lufs, -_MOST_CORRECTED_LU, _MOST_CORRECTED_LU))


def evened(samples: Block, rate: int) -> Block:
    """Return a take whose sentences are about as loud as one another. Slow and bounded: no compressor of syllables."""
    levels = momentary(samples, rate)
    if len(levels) < _WINDOW_S / _STEP_S:
        return samples
    power = 10 ** (levels / 10)
    speaking = levels > 10 * np.log10(power.mean()) - _PAUSE_LU
    overall = power[speaking].mean()
    window = np.hanning(round(_WINDOW_S / _STEP_S) + 2)[1:-1]
    middle = slice(len(window) // 2, len(window) // 2 + len(levels))
    weight = np.convolve(speaking.astype(np.float64), window)[middle]
    local = np.convolve(np.where(speaking, power, 0), window)[middle] / np.maximum(weight, 1e-9)
    gains = np.where(weight > 1e-6, -10 * _EVENED * np.log10(np.maximum(local, 1e-12) / overall), 0)  # noqa: PLR2004
    times = (np.arange(1, len(levels) + 1) * _STEP_S - _LAG_S) * rate
    curve = np.interp(np.arange(len(samples)), times, np.clip(gains, -_MOST_EVENED_DB, _MOST_EVENED_DB))
    made = samples * 10 ** (curve / 20)
    loudest = float(np.max(np.abs(made)))
    return np.asarray(made * (_HIGHEST / max(_HIGHEST, loudest)), dtype=np.float32)
