"""An engine whose faults a test chooses, with the protocol of the real ones, and voices for it."""

from __future__ import annotations

import numpy as np

from tests.support.audio import speech_like
from voices.engine import AudioChunk, Capabilities, Word
from voices.errors import EngineBusy, EngineFailed, EngineMissing
from worker.takes.judge import bounds_s

RATE = 22_050

#: Three voices in a row, each the fallback of the one before; the last has none.
VOICES = """
[[voices]]
id = "first"
name = "First"
language = "en"
engine = "scripted"
licence = "none"
attribution = "none"
fallback = "second"

[[voices]]
id = "second"
name = "Second"
language = "en"
engine = "other"
licence = "none"
attribution = "none"
fallback = "third"

[[voices]]
id = "third"
name = "Third"
language = "en"
engine = "third"
licence = "none"
attribution = "none"
fallback = "first"
"""


def seconds_of(text, voice):
    """What is the likeliest length of a take."""
    low, high = bounds_s(text, voice.pace)
    return (low * high) ** 0.5


def good(text, voice):
    """A take that passes."""
    return speech_like(seconds_of(text, voice), RATE, seed=sum(text.encode()))


def _with_nan(text, voice):
    samples = good(text, voice)
    samples[100] = np.nan
    return samples


def _with_hole(text, voice):
    samples = good(text, voice)
    middle = len(samples) // 2
    return np.concatenate([samples[:middle], np.zeros(2 * RATE, dtype=np.float32), samples[middle:]])


def _repeating(text, voice):
    samples = good(text, voice)
    return np.concatenate([samples, samples[-RATE:]])


#: Fault -> what is given for a text in a voice.
FAULTS = {
    "empty": lambda text, voice: np.zeros(0, dtype=np.float32),
    "silent": lambda text, voice: good(text, voice) * 0,
    "not_finite": _with_nan,
    "clipped": lambda text, voice: np.clip(good(text, voice) * 60, -1, 1),
    "too_short": lambda text, voice: good(text, voice)[: round(len(good(text, voice)) * 0.4)],
    "too_long": lambda text, voice: speech_like(seconds_of(text, voice) * 2.5, RATE),
    "inner_silence": _with_hole,
    "repeated_tail": _repeating,
}


class ScriptedEngine:
    """Speaks well, but for what `fault(text, variation)` names: a fault of `FAULTS`, or an error of engines."""

    version = "1"

    def __init__(self, fault=lambda text, variation: None, *, variations=False, online=False, limit=1000, words=True):
        self.fault = fault
        self.capabilities = Capabilities(
            text_limit=limit, online=online, variations=variations, phoneme_input=words, word_timings=words
        )
        self.said = []
        self.installed = True

    def model_digest(self, voice):
        if not self.installed:
            message = f"the model of {voice.id} is away"
            raise EngineMissing(message, hint="install it")
        return ""

    def synthesize(self, text, voice, pronunciations=(), variation=0):
        self.said.append((text, variation) if self.capabilities.variations else text)
        match self.fault(text, variation):
            case None:
                yield AudioChunk(good(text, voice), RATE, self._words(text, voice))
            case "raises":
                raise EngineFailed("it gave half of it")
            case "busy":
                raise EngineBusy("rate limited")
            case "unforeseen":
                raise ZeroDivisionError
            case "mixed_rates":
                yield AudioChunk(good(text, voice), RATE)
                yield AudioChunk(good(text, voice), 24_000)
            case "endless":
                while True:
                    yield AudioChunk(np.zeros(RATE, dtype=np.float32), RATE)
            case name:
                yield AudioChunk(FAULTS[name](text, voice).astype(np.float32), RATE)

    def _words(self, text, voice):
        """All words, each as long as its letters."""
        if not self.capabilities.word_timings:
            return ()
        per_character = len(good(text, voice)) / len(text)
        found, at = [], 0
        for word in text.split():
            start = text.index(word, at)
            at = start + len(word)
            found.append(Word(start, at, round(start * per_character), round(at * per_character)))
        return tuple(found)


def lend(place, **engines):
    """Have a workplace's speakers use these engines, by name, as if they were installed."""
    place.speakers._engines._loaded.update(engines)
