"""What is to be spoken and by whom: the narrator a revision pins, chunks, their pronunciations, and the keys of takes.

Frozen values like those of `briefing.values`; speaks nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefing.hashing import stable_hash
from briefing.values import Value

if TYPE_CHECKING:
    from collections.abc import Sequence


class Narrator(Value):
    """Who speaks a revision: voice, engine and model, pinned so that corrections sound the same."""

    voice: str
    engine: str
    engine_version: str
    model_digest: str
    """sha256 of the model's bytes; empty for engines without a model of their own."""
    language: str


class Pronunciation(Value):
    """How a stretch of a chunk's spoken text sounds."""

    start: int
    end: int
    """Spoken text, [start, end)."""
    ipa: str


class Chunk(Value):
    """The part of a segment that the engine takes at once, and the key its take is stored under."""

    key: str
    segment: str
    spoken: str
    pronunciations: tuple[Pronunciation, ...] = ()
    """In order; none for engines that take no phonemes."""
    voice: str = ""
    """Catalogue ID of who speaks it; empty in steps recorded before chunks knew: the revision's voice."""
    variation: int = 0
    """How often an editor asked for another reading of it."""

    @property
    def characters(self) -> int:
        """Length of the spoken text in code points."""
        return len(self.spoken)


def chunk_key(spoken: str, narrator: Narrator, variation: int = 0, pronunciations: Sequence[Pronunciation] = ()) -> str:
    """Return the key of a take: equal text from an equal narrator is spoken once.

    `variation` counts how often an editor asked for another reading of the same text. Text without pronunciations has
    the key it had before there were any. The recipe's number rises whenever `worker.speak`, `worker.sound.edges` or
    `worker.sound.level` keeps other sound than before, or one programme would mix both.
    """
    marks = [[mark.model_dump(mode="json") for mark in pronunciations]] if pronunciations else []
    return stable_hash("chunk/3", spoken, narrator.model_dump(mode="json"), variation, *marks)
