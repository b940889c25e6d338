"""When each word of a take is said: told by the engine, else found by an aligner (English), else shared out.

Every word of the spoken text gets its time, in order, inside the take; how it came about, `Timing` says. Judges no
sound and changes none; no failure here loses a take.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from briefing.audio import TimedWord
from voices.engine import Word
from voices.words import words_of
from worker.timing.estimate import estimated
from worker.timing.fit import fitted
from worker.timing.sphinx import aligned

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from briefing.audio import Timing
    from voices.engine import AudioChunk, Pronunciation
    from worker.sound import Block


def joined(parts: Sequence[AudioChunk]) -> tuple[Block, list[Word]]:
    """Return the sound of an engine's parts, at least one, and the words they tell of, in samples of the whole."""
    words: list[Word] = []
    done = 0
    for part in parts:
        words += moved(part.words, samples=done)
        done += len(part.samples)
    return np.concatenate([part.samples for part in parts]), words


def moved(words: Iterable[Word], *, characters: int = 0, samples: int = 0) -> list[Word]:
    """Return words as they stand in a text with so many characters before them, and in a sound with so many samples."""
    return [
        Word(word.start + characters, word.end + characters, word.first + samples, word.last + samples)
        for word in words
    ]


def timed(
    text: str,
    samples: Block,
    rate: int,
    language: str,
    told: Sequence[Word] = (),
    pronunciations: Sequence[Pronunciation] = (),
) -> tuple[tuple[TimedWord, ...], Timing]:
    """Return the words of `text` in `samples`, its finished take, and how their times came about.

    `told` are those of the engine, in samples of this take; they may reach beyond its edges, and where they are too few
    they do not count. `language` is a BCP 47 tag; `pronunciations` are those the text was said with.
    """
    spans = words_of(text)
    timing: Timing = "exact"
    words = fitted(spans, told, len(samples))
    if words is None:
        timing, words = "aligned", fitted(spans, aligned(text, samples, rate, language, pronunciations), len(samples))
    if words is None:
        timing, words = "estimated", estimated(text, samples, rate)
    return tuple(TimedWord(word.start, word.end, word.first, word.last) for word in words), timing
