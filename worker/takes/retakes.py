"""Has an engine speak a chunk until a take passes its check: as it is, in another reading, then in parts.

An engine that failed on a text fails on it again, so every try changes something, in an order that is always the same.
The parts of a text are cut where a newsreader breathes and joined with the pause that belongs there. Decides what to
try next; `worker.takes.judge` decides what passes.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from briefing.errors import TakeRejected
from briefing.observing.logs import get_logger
from briefing.observing.measures import TAKES_REJECTED, counted
from voices.engine import AudioChunk, Pronunciation
from voices.errors import EngineFailed
from worker.sound.edges import KEEP_AFTER_MS, KEEP_BEFORE_MS, trimmed
from worker.takes.judge import Fault, FaultName, bounds_s, judge, judge_form
from worker.timing import joined, moved
from worker.words.sentences import sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from briefing.speech import Chunk
    from voices.catalogue import Voice
    from voices.engine import Engine
    from worker.sound import Block

#: Added to the variation for another try: no editor asks for so many readings, so theirs and ours do not meet.
_ANOTHER_READING = 1000

#: How often a text is halved.
_HALVINGS = 2

#: Seconds from a chunk's first try after which no other is begun that would end later; the step's deadline is 150 s
#: (`worker.pipeline`).
_PATIENCE_S = 140.0

#: An engine that goes on for this many times as long as it may, and a little, is not listened to any further.
_ENDLESS, _ENDLESS_SPARE_S = 2.0, 10.0

#: Milliseconds from sound to sound where parts of a text are joined.
_SENTENCE_PAUSE_MS = 300
_CLAUSE_PAUSE_MS = 150

#: Faded at both ends of a part, so that an engine's own noise does not begin with a click.
_FADE_MS = 10

#: Signs of IPA that take no time of their own.
_STRESS = re.compile("[ˈˌː]")

_CLAUSE_END = re.compile(r"(?<=[,;:–—])\s+")

#: Fewer letters than this are no clause of their own: engines read so little badly.
_FEWEST_LETTERS = 8

_log = get_logger("retakes")


@dataclass(frozen=True)
class _Piece:
    """A stretch of a chunk's text, with the pronunciations in it."""

    text: str
    marks: tuple[Pronunciation, ...]
    start: int = 0
    """Where it begins in what it is a part of, in code points."""
    pause_ms: int = 0
    """What follows it, from sound to sound; 0 at the end."""

    @property
    def said(self) -> str:
        """The text with the letters of its pronunciations in their places: they may be many more than are written."""
        text = self.text
        for mark in reversed(self.marks):
            text = text[: mark.start] + _STRESS.sub("", mark.ipa) + text[mark.end :]
        return text


def spoken(chunk: Chunk, engine: Engine, voice: Voice, clock: Callable[[], float] = time.monotonic) -> list[AudioChunk]:
    """Return the engine's audio of the chunk, in order and at one rate, of the first try that passes.

    Words are as those of one call for the whole text. Raises TakeRejected when none passes, and EngineBusy and
    EngineMissing as the engine does.
    """
    tries = _Tries(engine, voice, chunk.variation, clock)
    parts = tries.say(_Piece(chunk.spoken, tuple(pronunciations_for(chunk, engine))), _HALVINGS)
    if parts is None:
        first, names = tries.faults[0], tuple(fault.name.value for fault in tries.faults)
        message = f"the take of {chunk.spoken[:60]!r} {first.detail}; {len(names)} tries: {', '.join(names)}"
        raise TakeRejected(message, fault=first.name.value, attempts=names)
    return parts


def pronunciations_for(chunk: Chunk, engine: Engine) -> list[Pronunciation]:
    """Return those of the chunk that the engine is given."""
    marks = chunk.pronunciations if engine.capabilities.phoneme_input else ()
    return [Pronunciation(mark.start, mark.end, mark.ipa) for mark in marks]


class _Tries:
    """The tries at one chunk, and what was wrong with those that failed."""

    def __init__(self, engine: Engine, voice: Voice, variation: int, clock: Callable[[], float]) -> None:
        self.faults: list[Fault] = []
        self._engine = engine
        self._voice = voice
        self._readings = (variation, variation + _ANOTHER_READING) if engine.capabilities.variations else (variation,)
        self._clock = clock
        self._begun = clock()
        self._longest_s = 0.0

    def say(self, piece: _Piece, halvings: int) -> list[AudioChunk] | None:
        """Return the piece's audio, spoken whole or in parts; None when nothing passed."""
        for reading in self._readings:
            parts = self._try(piece, reading)
            if parts is not None:
                return parts
        if halvings == 0 or self._engine.capabilities.silent:
            return None
        return self._in_halves(piece, halvings)

    def _in_halves(self, piece: _Piece, halvings: int) -> list[AudioChunk] | None:
        said = []
        for half in _halves(piece, self._voice.language):
            parts = self.say(half, halvings - 1)
            if parts is None:
                return None
            said.append(_shaped(parts, half))
        return said if said and judge_form(said) is None else None

    def _try(self, piece: _Piece, reading: int) -> list[AudioChunk] | None:
        begun = self._clock()
        if self.faults and begun - self._begun + self._longest_s > _PATIENCE_S:
            return None
        parts, fault = self._judged(piece, reading)
        self._longest_s = max(self._longest_s, self._clock() - begun)
        if fault is None:
            return parts
        self.faults.append(fault)
        counted.count(TAKES_REJECTED, fault.name.value)
        _log.warning("take refused", fault=fault.name.value, detail=fault.detail, voice=self._voice.id, reading=reading)
        return None

    def _judged(self, piece: _Piece, reading: int) -> tuple[list[AudioChunk], Fault | None]:
        silent = self._engine.capabilities.silent
        longest_s = bounds_s(piece.said, self._voice.pace)[1] * _ENDLESS + _ENDLESS_SPARE_S
        parts: list[AudioChunk] = []
        try:
            for part in self._audio(piece, reading):
                parts.append(part)
                if not silent and sum(len(part.samples) for part in parts) > longest_s * part.rate:
                    return parts, Fault(FaultName.TOO_LONG, f"goes on for more than {longest_s:.0f} s")
        except EngineFailed as error:
            return parts, Fault(FaultName.ENGINE_FAILED, f"was not given: {error.message}")
        return parts, judge_form(parts) if silent else judge(parts, piece.said, self._voice.pace)

    def _audio(self, piece: _Piece, reading: int) -> Iterator[AudioChunk]:
        # An engine of a third party that can do neither need not know of either.
        said: dict[str, Any] = {}
        if piece.marks:
            said["pronunciations"] = list(piece.marks)
        if self._engine.capabilities.variations:
            said["variation"] = reading
        return self._engine.synthesize(piece.text, self._voice, **said)


def _shaped(parts: Sequence[AudioChunk], piece: _Piece) -> AudioChunk:
    """Return a part's audio as it stands among the others: trimmed, its pause behind it, words as of the whole."""
    rate = parts[0].rate
    whole, words = joined(parts)
    samples, cut = trimmed(whole, rate)
    pause_ms = max(0, piece.pause_ms - KEEP_BEFORE_MS - KEEP_AFTER_MS)
    said = np.pad(_faded(samples, rate), (0, pause_ms * rate // 1000 if piece.pause_ms else 0))
    return AudioChunk(said, rate, tuple(moved(words, characters=piece.start, samples=-cut)))


def _faded(samples: Block, rate: int) -> Block:
    length = min(_FADE_MS * rate // 1000, len(samples) // 2)
    slope = np.linspace(0, 1, length, endpoint=False, dtype=np.float32)
    faded = samples.copy()
    faded[:length] *= slope
    faded[len(faded) - length :] *= slope[::-1]
    return faded


def _halves(piece: _Piece, language: str) -> list[_Piece]:
    """Return the piece in two, cut at the sentence's end nearest its middle, else at a clause's; none without one."""
    for breaks, pause_ms in (
        (_sentence_breaks(piece.text, language), _SENTENCE_PAUSE_MS),
        (_clause_breaks(piece.text), _CLAUSE_PAUSE_MS),
    ):
        free = [
            (end, start)
            for end, start in breaks
            if not any(mark.start < start and end < mark.end for mark in piece.marks)
        ]
        if free:
            end, start = min(free, key=lambda place: abs(place[0] + place[1] - len(piece.text)))
            return [_part(piece, 0, end, pause_ms), _part(piece, start, len(piece.text), 0)]
    return []


def _sentence_breaks(text: str, language: str) -> list[tuple[int, int]]:
    """Return where sentences end and the next begin, in code points."""
    breaks, done = [], 0
    for sentence in sentences(text, language):
        start = text.find(sentence, done)
        if start < 0:
            return []
        if done:
            breaks.append((done, start))
        done = start + len(sentence)
    return breaks


def _clause_breaks(text: str) -> list[tuple[int, int]]:
    return [
        match.span()
        for match in _CLAUSE_END.finditer(text)
        if min(_letters(text[: match.start()]), _letters(text[match.end() :])) >= _FEWEST_LETTERS
    ]


def _letters(text: str) -> int:
    return sum(character.isalnum() for character in text)


def _part(piece: _Piece, start: int, end: int, pause_ms: int) -> _Piece:
    marks = tuple(
        Pronunciation(mark.start - start, mark.end - start, mark.ipa)
        for mark in piece.marks
        if start <= mark.start and mark.end <= end
    )
    return _Piece(piece.text[start:end], marks, start, pause_ms)
