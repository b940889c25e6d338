"""The frozen values that hold sound, from a take to the finished MP3.

Positions count samples of the 44.1 kHz master. Seconds appear only at the API.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from briefing.values import Value

#: Rate of every mix and master, in Hertz; podcast apps resample anything else (Apple's audio requirements).
MASTER_RATE = 44_100


#: How the times of words came about: told by the engine, found by an aligner, or shared out by length.
Timing: TypeAlias = Literal["exact", "aligned", "estimated"]


class TimedWord(NamedTuple):
    """A word of a chunk's spoken text, and when it is said."""

    start: int
    end: int
    """Spoken text of the chunk, [start, end), in code points."""
    first: int
    last: int
    """Samples of the take at its own rate, [first, last)."""


class Take(Value):
    """A chunk spoken, trimmed at its edges and stored."""

    key: str
    sha256: str
    """Of the stored FLAC file."""
    rate: int
    """Hertz."""
    samples: int
    """Length at `rate`."""
    loudness_lufs: float | None
    """Integrated loudness as dual mono (BS.1770); None where there is too little sound to measure."""
    words: tuple[TimedWord, ...] = ()
    """In order, not overlapping; empty for takes from before words were timed."""
    timing: Timing = "estimated"
    """How `words` came about."""

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.samples / self.rate


class Cue(Value):
    """A moment in the finished audio, in samples of the master."""

    kind: Literal["chapter", "segment"]
    start: int
    end: int
    ref: str
    """The article of a chapter ("source:id"), the ID of a segment."""
    title: str = ""
    """Title of a chapter; empty for segments, whose text is in the script."""
    link: str = ""
    """Web address of a chapter's article; empty for segments and for articles without one."""
    timing: Timing | None = None
    """How the times of a segment's takes came about, the least sure of them; None for chapters, and in old masters."""


class Picture(Value):
    """An episode's own picture, taken over from another host, as podcast apps take it."""

    sha256: str
    """Of the stored bytes."""
    ending: Literal["jpg", "png"]
    """Of its name."""


class Master(Value):
    """A finished MP3: its bytes in storage, and what was measured of them after encoding."""

    key: str
    """Hash of all that went into it; an equal key returns the stored bytes."""
    sha256: str
    bytes: int
    samples: int
    """Decoded length, honouring the Info header."""
    loudness_lufs: float | None
    true_peak_dbtp: float | None
    """Both None for a programme of silence."""
    cues: tuple[Cue, ...]
    """Chapters and segments; words and sentences are in the transcript."""
    transcript: str = ""
    """sha256 of the stored `Transcript`, as JSON; empty for masters from before there were any."""
    picture: Picture | None = None
    """The episode's own; feeds show the show's artwork where there is none."""

    @property
    def chapters(self) -> tuple[Cue, ...]:
        """The chapters; one alone is the whole programme."""
        return tuple(cue for cue in self.cues if cue.kind == "chapter")

    @property
    def seconds(self) -> float:
        """Decoded length in seconds."""
        return self.samples / MASTER_RATE
