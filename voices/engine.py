"""The contract of a speech engine. Light to import: numpy is named for type checkers only.

An engine speaks one text in one voice and yields audio; it knows nothing of articles, chunks, files or
loudness. It gives all of a text's audio or raises: never a part of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from voices.catalogue import Voice


@dataclass(frozen=True)
class Word:
    """When a word of the text is said."""

    start: int
    end: int
    """text[start:end], in code points."""
    first: int
    last: int
    """Samples [first, last) of the audio chunk that carries it."""


@dataclass(frozen=True)
class AudioChunk:
    """A stretch of speech."""

    samples: NDArray[np.float32]
    """Mono, shape [n], in [-1, 1]."""
    rate: int
    """Hertz."""
    words: tuple[Word, ...] = ()
    """Its words in order, not overlapping; empty from engines without word timings."""


@dataclass(frozen=True)
class Pronunciation:
    """How a stretch of a text sounds."""

    start: int
    end: int
    """text[start:end], in code points."""
    ipa: str


@dataclass(frozen=True)
class Capabilities:
    """What an engine can do."""

    text_limit: int
    """Most characters it should be given at once."""
    online: bool
    """Whether text leaves this machine."""
    word_timings: bool = False
    """Whether its audio says when each word is said."""
    phoneme_input: bool = False
    """Whether it follows pronunciations; an engine that does not is never given any."""
    variations: bool = False
    """Whether it can say a text in another way, and which it says depends on text, voice, pronunciations and
    `variation` alone; an engine that cannot is never given a `variation`."""
    silent: bool = False
    """Whether silence is what it is expected to give."""


class Engine(Protocol):
    """What speaks. One instance per process; `synthesize` may be called from several threads."""

    capabilities: Capabilities

    @property
    def version(self) -> str:
        """The engine's version; part of every chunk key, so another version speaks anew."""
        ...

    def model_digest(self, voice: Voice) -> str:
        """Return the sha256 of the voice's model, without loading it; empty for engines that have none.

        Raises EngineMissing.
        """
        ...

    def synthesize(
        self, text: str, voice: Voice, pronunciations: Sequence[Pronunciation] = (), variation: int = 0
    ) -> Iterator[AudioChunk]:
        """Speak `text`, yielding audio in order and at one rate.

        `variation` counts other readings of the same text: 0 is the voice's own, others differ in seed, pace or what
        else the engine can vary.

        `pronunciations` come in order and do not overlap. What of them the voice cannot say is left out; where nothing
        is left, and with engines without phoneme input, the text is said as it stands.

        Raises EngineMissing, EngineBusy or EngineFailed; audio yielded before an error must be thrown away.
        """
        ...
