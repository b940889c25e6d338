"""The frozen values of a transcript: which words of the editors are heard when, from programme down to word.

Stored as JSON beside the master it belongs to. Holds no format of captions or pages; those are in `worker.transcript`.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from briefing.audio import MASTER_RATE, Timing
from briefing.script import InRole, Role
from briefing.values import Value

#: The files published beside an MP3, and their media types.
TRANSCRIPT_TYPES = {
    "transcript.vtt": "text/vtt",
    "transcript.srt": "application/x-subrip",
    "transcript.json": "application/json",
    "transcript.html": "text/html",
}
CHAPTERS_NAME = "chapters.json"
CHAPTERS_TYPE = "application/json+chapters"


class WordCue(NamedTuple):
    """A written word, and when it is said."""

    start: int
    end: int
    """Text of the passage, [start, end), in code points."""
    first: int
    last: int
    """Samples of the master, [first, last); equal for a word that is written and not said."""
    timing: Timing
    """How its time came about."""


class Passage(InRole):
    """A segment as it is heard."""

    segment: str
    """ID of the segment."""
    article: str
    """The article it belongs to, as "source:id"."""
    role: Role
    speaker: str
    """Name of the voice."""
    text: str
    """As the editors wrote it."""
    first: int
    last: int
    """Samples of the master, [first, last)."""
    words: tuple[WordCue, ...]
    """In order; together they hold every letter of `text`. Empty for a passage without a letter."""
    sentences: tuple[int, ...]
    """Numbers of the words that sentences begin with; the first is 0."""

    def sentence_words(self) -> list[tuple[WordCue, ...]]:
        """Return the words sentence by sentence."""
        ends = [*self.sentences[1:], len(self.words)]
        return [self.words[first:end] for first, end in zip(self.sentences, ends, strict=True)]

    def says(self, words: tuple[WordCue, ...]) -> str:
        """Return the text from the first to the last of neighbouring `words`."""
        return self.text[words[0].start : words[-1].end]


class Transcript(Value):
    """All that is heard in a programme, as written."""

    version: Literal[1] = 1
    language: str
    """BCP 47."""
    title: str
    disclosure: str
    samples: int
    """Length of the programme at 44.1 kHz."""
    passages: tuple[Passage, ...]

    @property
    def seconds(self) -> float:
        """Length of the programme in seconds."""
        return self.samples / MASTER_RATE

    @property
    def speakers(self) -> tuple[str, ...]:
        """Names of those who speak, in order of appearance."""
        return tuple(dict.fromkeys(passage.speaker for passage in self.passages))
