"""An engine that gives silence of an exact length: for tests, for measuring everything but speech.

Its lengths are those of a newsreader, so that a timeline made with it looks real.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from voices.engine import AudioChunk, Capabilities

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from voices.catalogue import Voice
    from voices.engine import Pronunciation

#: Hertz; that of most Piper voices, so that resampling is exercised too.
RATE = 22_050

#: A newsreader says about 150 words of 6 characters a minute.
_MS_PER_CHARACTER = 60


class SilenceEngine:
    """Speaks nothing, for `ms_per_character` milliseconds a character."""

    version = "1"
    capabilities = Capabilities(text_limit=2000, online=False, silent=True)

    def model_digest(self, voice: Voice) -> str:  # noqa: ARG002  the engine protocol
        """Return the empty text: there is no model."""
        return ""

    def synthesize(
        self,
        text: str,
        voice: Voice,
        pronunciations: Sequence[Pronunciation] = (),  # noqa: ARG002  takes no phonemes
        variation: int = 0,  # noqa: ARG002  silence is silence
    ) -> Iterator[AudioChunk]:
        """Yield one chunk of `len(text) * ms_per_character` milliseconds."""
        length_ms = len(text) * int(voice.parameters.get("ms_per_character", _MS_PER_CHARACTER))
        yield AudioChunk(np.zeros(length_ms * RATE // 1000, dtype=np.float32), RATE)
