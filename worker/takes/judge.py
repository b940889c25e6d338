"""Whether a take is speech of its text: finite, loud enough, unclipped, of the right length, without holes or repeats.

Pure: sound, text and the voice's pace in, the first fault out. Cannot tell whether the right words were said. Bounds
and thresholds were measured by `./run.sh bench takes`; docs/decisions.md has the figures.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from worker.sound import decibels
from worker.sound.edges import FRAME_MS, clearly_trimmed, frame_levels, trimmed
from worker.sound.repeats import find_repeat

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from voices.catalogue import Pace
    from voices.engine import AudioChunk
    from worker.sound import Block

#: Quieter than this on the whole is not speech (guarantees F15).
_SILENT_DBFS = -50.0

#: So many samples in a row at full scale are a clipped wave; a single one is a loud moment.
_CLIPPED_RUN = 4
_FULL_SCALE = 0.999

#: Seconds of silence that no text asks for; the longest in 370 of Piper's takes was 0.5 s.
_LONGEST_SILENCE_S = 1.5

#: Silence within a take is this far below its loud parts; a soft consonant is not.
_SILENCE_DB = -40.0

#: Ends that differ less than this from what precedes them are said twice. Of Piper's takes of texts that do not repeat
#: themselves the likest differs by 3.6 dB; of takes that say their last words twice, nine in ten by less than this.
_REPEAT_DB = 3.4

#: Texts whose last words are this like those before them may sound so, too: "Yes. Yes. Yes."
_ALIKE = 0.65
_MOST_WORDS = 8

#: What else than letters takes time, in letters of running text.
_SPELLED_LETTER = 3.0
_DIGIT = 6.0
_WIDE_LETTER = 3.0
_SENTENCE_END = 7.0
_CLAUSE_END = 5.0
_BEGINNING = 4.0

#: The same of what may be said and may not: a sign by its name ("C++"), a letter of another script than the text's
#: ("Cyrillic letter four five seven").
_SIGN = 8.0
_OTHER_LETTER = 12.0

#: Short texts stray by more than a share of their length: a heading of one word lasts 0.4 s or 0.9.
_SPARE_S = 0.3
_SHORTEST_S = 0.1

_WORD = re.compile(r"[^\W\d_]+")
_SENTENCE_BREAK = re.compile(r"[.!?…:;][\"'”’)\]»]*\s")
_CLAUSE_BREAK = re.compile(r"[,–—]\s")


class FaultName(StrEnum):
    """What may be wrong with a take; stable, part of messages and logs."""

    EMPTY = "empty"
    MIXED_RATES = "mixed_rates"
    NOT_FINITE = "not_finite"
    SILENT = "silent"
    CLIPPED = "clipped"
    INNER_SILENCE = "inner_silence"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    REPEATED_TAIL = "repeated_tail"
    ENGINE_FAILED = "engine_failed"
    """The engine said itself that it could not."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with a take, for programs and in words."""

    name: FaultName
    detail: str


def judge(parts: Sequence[AudioChunk], text: str, pace: Pace) -> Fault | None:
    """Return the first fault of what an engine gave for `text`; None for speech worth keeping."""
    return next(_faults(parts, text, pace), None)


def judge_form(parts: Sequence[AudioChunk]) -> Fault | None:
    """Return what is wrong with the parts as such; all that can be asked of a voice that gives silence on purpose."""
    if not any(len(part.samples) for part in parts):
        return Fault(FaultName.EMPTY, "holds no sound")
    if len(rates := {part.rate for part in parts}) > 1:
        return Fault(FaultName.MIXED_RATES, f"mixes rates: {', '.join(f'{rate} Hz' for rate in sorted(rates))}")
    if not all(np.all(np.isfinite(part.samples)) for part in parts):
        return Fault(FaultName.NOT_FINITE, "has samples that are no numbers")
    return None


def expected_s(text: str, pace: Pace) -> float:
    """Return how long, in seconds, a take of `text` lasts by all likelihood."""
    return (_letters(text) + _pauses(text)) * pace.seconds_per_letter


def bounds_s(text: str, pace: Pace) -> tuple[float, float]:
    """Return how long, in seconds, a take of `text` lasts at least and at most, its edges trimmed.

    Pauses count for the most alone: a point may be an abbreviation's ("E. coli"), and not every ellipsis is heard.
    """
    letters = _letters(text)
    least_s = letters * pace.seconds_per_letter / (1 + pace.spread) - _SPARE_S
    most_s = (letters + _pauses(text) + _names(text)) * pace.seconds_per_letter * (1 + pace.spread) + _SPARE_S
    return max(_SHORTEST_S, least_s), most_s


def _faults(parts: Sequence[AudioChunk], text: str, pace: Pace) -> Iterator[Fault]:
    if (fault := judge_form(parts)) is not None:
        yield fault
        return
    rate = parts[0].rate
    samples = np.concatenate([part.samples for part in parts])
    if decibels(float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))) < _SILENT_DBFS:
        yield Fault(FaultName.SILENT, "is silent")
    if _is_clipped(samples):
        yield Fault(FaultName.CLIPPED, "is clipped")
    sound, _ = trimmed(samples, rate)
    if (silence_s := _longest_silence_s(sound, rate)) > _LONGEST_SILENCE_S:
        yield Fault(FaultName.INNER_SILENCE, f"is silent for {silence_s:.1f} s inside")
    shortest_s, longest_s = bounds_s(text, pace)
    if not shortest_s <= len(sound) / rate <= longest_s:
        name = FaultName.TOO_SHORT if len(sound) / rate < shortest_s else FaultName.TOO_LONG
        yield Fault(name, f"lasts {len(sound) / rate:.1f} s where {shortest_s:.1f} to {longest_s:.1f} s are due")
    if not _repeats_itself(text):
        repeat = find_repeat(clearly_trimmed(samples, rate), rate)
        if repeat.difference_db < _REPEAT_DB:
            yield Fault(FaultName.REPEATED_TAIL, f"says its last {repeat.seconds:.1f} s twice")


def _is_clipped(samples: Block) -> bool:
    """Tell whether the wave stays at full scale anywhere, or goes beyond it."""
    full = np.abs(samples) >= _FULL_SCALE
    runs = np.convolve(full, np.ones(_CLIPPED_RUN, dtype=np.int64), mode="valid") if len(full) >= _CLIPPED_RUN else full
    return bool(np.any(runs == _CLIPPED_RUN) or np.max(np.abs(samples)) > 1.0)


def _longest_silence_s(sound: Block, rate: int) -> float:
    """Return the longest stretch that lies far below the take's loud parts."""
    levels = frame_levels(sound, rate)
    if not len(levels):
        return 0.0
    loud = np.flatnonzero(levels > np.percentile(levels, 95) + _SILENCE_DB)
    edges = np.concatenate([[-1], loud, [len(levels)]])
    return float((np.diff(edges).max() - 1) * FRAME_MS / 1000)


def _letters(text: str) -> float:
    """Return how much there is to say, in letters of running text."""
    words = _WORD.findall(text)
    spelled = sum(1 for word in words if len(word) == 1 and word.isupper())
    wide = sum(1 for word in words for letter in word if unicodedata.east_asian_width(letter) in "WF")
    return (
        sum(map(len, words))
        + spelled * (_SPELLED_LETTER - 1)
        + wide * (_WIDE_LETTER - 1)
        + sum(character.isdigit() for character in text) * _DIGIT
        + _BEGINNING
    )


def _pauses(text: str) -> float:
    """Return how long a text pauses at most, in letters of running text."""
    return len(_SENTENCE_BREAK.findall(text)) * _SENTENCE_END + len(_CLAUSE_BREAK.findall(text)) * _CLAUSE_END


def _names(text: str) -> float:
    """Return what signs and letters take that are said by their names, in letters of running text."""
    return (
        sum(unicodedata.category(mark).startswith("S") for mark in text) * _SIGN + _other_letters(text) * _OTHER_LETTER
    )


def _other_letters(text: str) -> int:
    """Return how many letters of other scripts there are among Latin ones; none where those are the fewer."""
    if text.isascii():
        return 0
    letters = [mark for mark in text if mark.isalpha()]
    others = sum(not unicodedata.name(mark, "").startswith("LATIN") for mark in letters)
    return others if 2 * others < len(letters) else 0


def _repeats_itself(text: str) -> bool:
    """Tell whether the last words are much like the words before them."""
    words = re.findall(r"\w+", text.lower())
    return any(
        SequenceMatcher(None, " ".join(words[-count:]), " ".join(words[-2 * count : -count])).ratio() >= _ALIKE
        for count in range(1, min(_MOST_WORDS, len(words) // 2) + 1)
    )
