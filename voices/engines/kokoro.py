"""Kokoro-82M: neural speech on this machine, by kokoro-onnx. Rounder than Piper, for some seven times its CPU.

One model per process, one thread per call. The same text sounds the same every time; other readings differ in pace.
`briefcast voices install kokoro` brings the model.
"""

from __future__ import annotations

import hashlib
import threading
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from voices.alignment import match_words
from voices.engine import AudioChunk, Capabilities
from voices.errors import EngineFailed, EngineMissing
from voices.kokoro.files import INSTALL, installed, sha256_of
from voices.kokoro.phonemes import Phonemes
from voices.kokoro.speech import RATE, SHORT, KokoroModel, batches, joinable
from voices.kokoro.words import timed
from voices.words import words_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from voices.catalogue import Voice
    from voices.engine import Pronunciation
    from voices.kokoro.speech import Spoken

#: Counts the ways in which we have had Kokoro speak; part of the version, as each makes other sound.
_WORDING = 1

#: How fast variation 0, 1, 2, … is read; those beyond the last begin again with the second.
_PACES = (1.0, 0.95, 1.05, 0.9)

#: Silence between two stretches of one text that the model cannot take at once.
_GAP_MS = 280

#: Said before a short text, and cut off.
_CARRIER = "Here is what it says."


class KokoroEngine:
    """Speaks English with the model and voices in `folder`."""

    capabilities = Capabilities(text_limit=450, online=False, word_timings=True, phoneme_input=True, variations=True)

    def __init__(self, folder: str | Path, threads: int = 1) -> None:
        """Use `threads` onnxruntime threads per call."""
        self._folder = Path(folder)
        self._threads = threads
        self._model: KokoroModel | None = None
        self._phonemes: Phonemes | None = None
        self._lock = threading.Lock()

    @property
    def version(self) -> str:
        """Version of the kokoro-onnx package, and of the way in which we have it speak."""
        return f"{version('kokoro-onnx')}/{_WORDING}"

    def model_digest(self, voice: Voice) -> str:
        """Return the sha256 over the model's, the voices' and the voice's name. Raises EngineMissing."""
        record = installed(self._folder)
        parts = (record.model_sha256, record.voices_sha256, _style_name(voice))
        return hashlib.sha256(" ".join(parts).encode()).hexdigest()

    def synthesize(
        self, text: str, voice: Voice, pronunciations: Sequence[Pronunciation] = (), variation: int = 0
    ) -> Iterator[AudioChunk]:
        """Yield one chunk for each stretch that the model takes at once: 510 phonemes, some 450 characters."""
        model, phonemizer = self._loaded()
        style = model.style(_style_name(voice))
        if style is None:
            message = f"Kokoro's voice {_style_name(voice)!r} is not among those installed"
            raise EngineMissing(message, hint=INSTALL)
        phonemes, own = phonemizer.said(text, voice.language, pronunciations)
        groups = match_words(own, phonemes)
        if not groups:
            message = f"Kokoro has no phonemes for {text[:60]!r}"
            raise EngineFailed(message, hint="Check that the text is English.")
        parts = batches(phonemes)
        pace = _PACES[(variation - 1) % (len(_PACES) - 1) + 1 if variation else 0]
        spoken = [self._speak(model, stretch, style, pace, voice.language) for _, stretch in parts]
        for (offset, _), part in zip(parts, joinable(spoken, _GAP_MS), strict=True):
            yield AudioChunk(part.samples, RATE, timed(groups, phonemes, offset, part.starts, words_of(text)))

    def _speak(
        self, model: KokoroModel, phonemes: str, style: NDArray[np.float32], pace: float, language: str
    ) -> Spoken:
        if len(phonemes) >= SHORT:
            return model.speak(phonemes, style, pace)
        assert self._phonemes is not None
        carrier, _ = self._phonemes.said(_CARRIER, language)
        return model.speak_behind(carrier, phonemes, style, pace)

    def _loaded(self) -> tuple[KokoroModel, Phonemes]:
        with self._lock:
            if self._model is None or self._phonemes is None:
                record = installed(self._folder)
                model, voices = self._folder / record.model, self._folder / record.voices
                if (sha256_of(model), sha256_of(voices)) != (record.model_sha256, record.voices_sha256):
                    message = f"Kokoro's files in {self._folder} are damaged"
                    raise EngineMissing(message, hint=INSTALL)
                self._model = KokoroModel(model, voices, self._threads)
                self._phonemes = Phonemes(self._model.known)
            return self._model, self._phonemes


def _style_name(voice: Voice) -> str:
    return str(voice.parameters.get("style", ""))
