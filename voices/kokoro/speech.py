"""Phonemes -> sound and the times of its phonemes, by kokoro-onnx; and what makes that sound right at its edges.

One onnxruntime session per process and one thread per call. Knows nothing of text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime
from kokoro_onnx import Kokoro
from kokoro_onnx.chunker import split_phonemes
from kokoro_onnx.config import MAX_PHONEME_LENGTH, SAMPLE_RATE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

#: Hertz.
RATE: int = SAMPLE_RATE

#: Texts of fewer phonemes are read behind a carrier sentence, which is cut off again. Alone they come out loud and
#: hurried: "Two." was heard as "Fiona" (docs/decisions.md).
SHORT = 20

#: A cut is made in silence, or not: the quietest 10 ms before a short text must be below this (-50 dBFS).
_SILENCE = 0.003
_FRAME = RATE // 100

#: Sound begins and ends where it passes this share of its peak (-50 dB), and some of what is around it stays.
_EDGE = 0.003
_SPARE_MS = 30


@dataclass(frozen=True)
class Spoken:
    """Sound, and when its phonemes begin."""

    samples: NDArray[np.float32]
    starts: tuple[int, ...]
    """Sample at which each phoneme begins, and last where the last one ends; empty from models without durations."""

    def cut(self, first: int, last: int) -> Spoken:
        """Return the samples [first, last)."""
        starts = tuple(min(max(start - first, 0), last - first) for start in self.starts)
        return Spoken(self.samples[first:last], starts)


class KokoroModel:
    """A loaded model with its style vectors."""

    def __init__(self, model: Path, voices: Path, threads: int) -> None:
        """Load. Raises what onnxruntime does for a file that is no model."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(model), sess_options=options, providers=["CPUExecutionProvider"])
        self._kokoro = Kokoro.from_session(session, str(voices))

    @property
    def known(self) -> list[str]:
        """The phonemes that it has numbers for."""
        return list(self._kokoro.tokenizer.vocab)

    def style(self, name: str) -> NDArray[np.float32] | None:
        """Return the style vectors of that name, if there are any."""
        return self._kokoro.get_voice_style(name) if name in self._kokoro.get_voices() else None

    def speak(self, phonemes: str, style: NDArray[np.float32], pace: float) -> Spoken:
        """Say at most `MAX_PHONEME_LENGTH` phonemes, all of them known."""
        samples, _, timings = self._kokoro.create_timed(
            phonemes, style, speed=pace, is_phonemes=True, trim=False, sentence_pause=0.0, clause_pause=0.0
        )
        starts = [round(timing.start * RATE) for timing in timings] + [
            round(timing.end * RATE) for timing in timings[-1:]
        ]
        return Spoken(np.clip(samples, -1.0, 1.0), tuple(starts))

    def speak_behind(self, carrier: str, phonemes: str, style: NDArray[np.float32], pace: float) -> Spoken:
        """Say `phonemes` behind those of a sentence, and return them alone.

        Cut in the silence between both; where there is none, said without the carrier-in.
        """
        both = self.speak(f"{carrier} {phonemes}", style, pace)
        if not both.starts:
            return self.speak(phonemes, style, pace)
        # From where the carrier-in's full stop begins to where the first sound of the text does.
        first, last = both.starts[len(carrier) - 1], both.starts[len(carrier) + 1]
        frames = both.samples[first : first + (last - first) // _FRAME * _FRAME].reshape(-1, _FRAME)
        levels = np.sqrt(np.mean(np.square(frames), axis=1)) if len(frames) else np.ones(1)
        if float(np.min(levels)) > _SILENCE:
            return self.speak(phonemes, style, pace)
        kept = Spoken(both.samples, both.starts[len(carrier) + 1 :])
        return kept.cut(first + int(np.argmin(levels)) * _FRAME, len(both.samples))


def batches(phonemes: str) -> list[tuple[int, str]]:
    """Return phonemes in stretches that a model takes at once, each with where it begins; no sound is left out."""
    found, done = [], 0
    for batch in split_phonemes(phonemes, MAX_PHONEME_LENGTH):
        done = phonemes.index(batch, done)
        found.append((done, batch))
        done += len(batch)
    return found


def joinable(parts: Sequence[Spoken], gap_ms: int) -> list[Spoken]:
    """Return parts that can stand behind one another: `gap_ms` of silence between the sound of two."""
    result = []
    for number, part in enumerate(parts):
        sounding = np.flatnonzero(np.abs(part.samples) > _EDGE * np.max(np.abs(part.samples), initial=0.0))
        first, last = 0, len(part.samples)
        if len(sounding) and number > 0:
            first = max(0, int(sounding[0]) - RATE * _SPARE_MS // 1000)
        if len(sounding) and number + 1 < len(parts):
            last = min(last, int(sounding[-1]) + RATE * (gap_ms - _SPARE_MS) // 1000)
        result.append(part.cut(first, last))
    return result
