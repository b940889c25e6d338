"""Text and sound -> when its words are said, by their length: where nothing better is at hand.

Words share the time in which there is sound, and pauses fall between words, best where the text has a mark for one.
Pure; knows no language.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from voices.engine import Word
from voices.words import words_of
from worker.sound.edges import FRAME_MS, frame_levels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from worker.sound import Block

#: What a word weighs beside its characters: short ones take longer by the letter.
_WORD_WEIGHT = 3.0

#: A pause is so much quieter than the loud parts, for so long; what is shorter is the closure of a "p", "t" or "k".
_PAUSE_DB = 25.0
_PAUSE_MS = 120

#: Marks at which one pauses.
_PAUSE_MARK = re.compile(r"[.,;:!?…()–—。、，！？]")

#: What it costs, in milliseconds that a pause lies off its place, to pause where there is no mark, and to leave a pause
#: inside a word.
_UNMARKED_MS = 300.0
_INSIDE_MS = 700.0


def estimated(text: str, samples: Block, rate: int) -> list[Word]:
    """Return the words of `text` spread over the sound that says it."""
    spans = words_of(text)
    if not spans:
        return []
    sounding = _sounding(samples, rate)
    shares = np.cumsum([0.0, *(end - start + _WORD_WEIGHT for start, end in spans)])
    pauses = np.asarray(np.flatnonzero(np.diff(sounding) > 1) + 1, dtype=np.float64)
    marked = [bool(_PAUSE_MARK.search(text[end:start])) for (_, end), (start, _) in pairwise(spans)]
    places = np.asarray(shares / shares[-1] * len(sounding), dtype=np.float64)
    anchors = [(0, 0.0), *_anchors(places[1:-1], marked, pauses), (len(spans), float(len(sounding)))]
    at = np.interp(shares, [shares[number] for number, _ in anchors], [place for _, place in anchors])
    at = np.round(at, 6)  # or an end in a pause would lie a hair's breadth before it
    frame = max(1, rate * FRAME_MS // 1000)
    firsts = _samples_at(at[:-1], np.floor(at[:-1]), sounding, frame)
    lasts = _samples_at(at[1:], np.ceil(at[1:]) - 1, sounding, frame)
    return [Word(*span, int(first), int(last)) for span, first, last in zip(spans, firsts, lasts, strict=True)]


def _anchors(
    places: NDArray[np.float64], marked: Sequence[bool], pauses: NDArray[np.float64]
) -> list[tuple[int, float]]:
    """Return which words end at which pauses, as (number of words before it, frame): the cheapest way, in order.

    `places` are the frames at which words would end, but for the last, if all took time by their length.
    """
    unmarked = np.array([0.0 if mark else _UNMARKED_MS / FRAME_MS for mark in marked])
    # Least cost of the pauses so far, the last of which lies behind one of the first 0, 1, 2, … words.
    least = np.zeros(len(places) + 1)
    chosen = []
    for pause in pauses:
        here = least[:-1] + np.abs(places - pause) + unmarked
        stay = least + _INSIDE_MS / FRAME_MS
        taken = np.concatenate([[np.inf], here])
        best = np.where(taken < stay, np.arange(len(stay)), -1)
        least = np.minimum(taken, stay)
        # An earlier end may be the cheaper one for pauses to come.
        origin = _running_argmin(least)
        chosen.append((best, origin))
        least = least[origin]
    anchors = []
    number = len(places)
    for pause, (best, origin) in zip(pauses[::-1], chosen[::-1], strict=True):
        number = origin[number]
        if best[number] > 0:
            anchors.append((int(number), float(pause)))
            number -= 1
    return anchors[::-1]


def _running_argmin(values: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return, for each place, where the least value up to it stands."""
    least = np.minimum.accumulate(values)
    return np.maximum.accumulate(np.where(values <= least, np.arange(len(values)), 0))


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
