"""Text and sound -> when its words are said, by their length: where nothing better is at hand.

Words share the time in which there is sound, so that none is said in a pause. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from voices.engine import Word
from worker.sound.edges import FRAME_MS, frame_levels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from worker.sound import Block

#: What a word weighs beside its characters: short ones take longer by the letter.
_WORD_WEIGHT = 1.5

#: A pause is so much quieter than the loud parts, for so long; what is shorter is the closure of a "p", "t" or "k".
_PAUSE_DB = 35.0
_PAUSE_MS = 120


def estimated(spans: Sequence[tuple[int, int]], samples: Block, rate: int) -> list[Word]:
    """Return the words of a text, `spans` of it, spread over the sound that says it."""
    if not spans:
        return []
    frame = max(1, rate * FRAME_MS // 1000)
    sounding = _sounding(samples, rate)
    shares = np.concatenate([[0.0], np.cumsum([end - start + _WORD_WEIGHT for start, end in spans])])
    at = shares / shares[-1] * len(sounding)
    firsts = _samples_at(at[:-1], np.floor(at[:-1]), sounding, frame)
    lasts = _samples_at(at[1:], np.ceil(at[1:]) - 1, sounding, frame)
    return [Word(*span, int(first), int(last)) for span, first, last in zip(spans, firsts, lasts, strict=True)]


def _samples_at(
    at: NDArray[np.float64], number: NDArray[np.float64], sounding: NDArray[np.intp], frame: int
) -> NDArray[np.int64]:
    """Return the samples at which so many frames have sounded, in the sounding frame of that number."""
    if not len(sounding):
        return np.zeros(len(at), dtype=np.int64)
    number = np.clip(number, 0, len(sounding) - 1).astype(np.int64)
    return np.asarray((sounding[number] + at - number) * frame, dtype=np.int64)


def _sounding(samples: Block, rate: int) -> NDArray[np.intp]:
    """Return the numbers of the frames that are in no pause; of all frames where all is silent."""
    levels = frame_levels(samples, rate)
    quiet = levels < np.percentile(levels, 95) - _PAUSE_DB if len(levels) else np.zeros(0, dtype=bool)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], quiet, [False]]).astype(np.int8)))
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        if (last - first) * FRAME_MS < _PAUSE_MS:
            quiet[first:last] = False
    return np.asarray(np.flatnonzero(~quiet))
