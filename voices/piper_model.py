"""A loaded Piper voice: text to phonemes by espeak-ng, phonemes to sound by onnxruntime.

Equal phonemes, reading and seed give equal samples, on one machine with one set of libraries. Knows nothing of words.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime
from google.protobuf.message import DecodeError
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidArgument, InvalidGraph, InvalidProtobuf
from piper import PiperVoice
from piper.config import PiperConfig
from piper.const import BOS, EOS, PAD

from voices.piper_graph import NOISE_PREFIX, opened

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

#: What loading a file raises that is no model, or whose configuration is none; onnxruntime's errors have no base of
#: their own.
DAMAGED = (DecodeError, Fail, InvalidArgument, InvalidGraph, InvalidProtobuf, KeyError, ValueError)

#: Numbers of noise per phoneme ID; a voice uses about 600, and begins anew where there are too few.
_NOISE_PER_ID = 1024

#: How many words a model remembers the sound of; a long article has a thousand different ones.
_WORDS_KEPT = 8192


@dataclass(frozen=True)
class Reading:
    """A way to read: factors on a voice's own parameters."""

    pace: float = 1.0
    """On how long phonemes are: above 1 is slower."""
    noise: float = 1.0
    """On how much their sound varies."""
    rhythm: float = 1.0
    """On how much their lengths vary."""


@dataclass(frozen=True)
class Spoken:
    """A sentence as the model says it."""

    samples: NDArray[np.float32]
    """Mono, shape [n]; may go beyond [-1, 1]."""
    starts: tuple[int, ...]
    """Sample at which each phoneme begins, and then the one at which the last ends; empty where the model's graph does
    not tell."""


class PiperModel:
    """A voice in memory. `speak` is for any thread; espeak's part, `phonemize` and `alone`, for one at a time."""

    def __init__(self, path: Path, config: Path, threads: int) -> None:
        """Load the model at `path` with its configuration; `threads` are onnxruntime's, per call."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            opened(path), sess_options=options, providers=["CPUExecutionProvider"]
        )
        # onnxruntime's wrapper keeps the bytes, 63 MB, in case its providers are changed, which nobody does.
        self._session._model_bytes = None  # noqa: SLF001
        self.config = PiperConfig.from_dict(json.loads(config.read_text(encoding="utf-8")))
        self._voice = PiperVoice(session=self._session, config=self.config)
        self._noises = [wanted.name for wanted in self._session.get_inputs() if wanted.name.startswith(NOISE_PREFIX)]
        self.alone = lru_cache(_WORDS_KEPT)(self._alone)

    def phonemize(self, text: str) -> list[list[str]]:
        """Return the phonemes of `text` by sentence."""
        return [sentence for sentence in self._voice.phonemize(text) if sentence]

    def _alone(self, word: str) -> tuple[str, ...]:
        """Return the phonemes of a word that stands alone."""
        return tuple(mark for sentence in self.phonemize(word) for mark in sentence)

    def speak(self, phonemes: Sequence[str], reading: Reading, seed: int) -> Spoken:
        """Return the sound of one sentence."""
        ids = self._voice.phonemes_to_ids(list(phonemes))
        voice = self.config
        scales = [voice.noise_scale * reading.noise, voice.length_scale * reading.pace]
        given = {
            "input": np.array([ids], dtype=np.int64),
            "input_lengths": np.array([len(ids)], dtype=np.int64),
            "scales": np.array([*scales, voice.noise_w_scale * reading.rhythm], dtype=np.float32),
        }
        if voice.num_speakers > 1:
            given["sid"] = np.array([voice.default_speaker_id], dtype=np.int64)
        chance = np.random.default_rng(seed)
        for name in self._noises:
            given[name] = chance.standard_normal(len(ids) * _NOISE_PER_ID, dtype=np.float32)
        sound, *lengths = self._session.run(None, given)
        samples = np.asarray(sound, dtype=np.float32).reshape(-1)
        return Spoken(samples, self._starts(phonemes, lengths[0].reshape(-1), len(samples)) if lengths else ())

    def _starts(self, phonemes: Sequence[str], lengths: NDArray[np.float32], samples: int) -> tuple[int, ...]:
        """Return where each phoneme begins, from the frames of each ID; none unless they add up to the sound."""
        numbers = self.config.phoneme_id_map
        pad = len(numbers[PAD])
        counts = [len(numbers[phoneme]) + pad if phoneme in numbers else 0 for phoneme in phonemes]
        begin = len(numbers[BOS]) + pad
        ends = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64) * self.config.hop_length
        if begin + sum(counts) + len(numbers[EOS]) != len(lengths) or ends[-1] != samples:
            return ()
        return tuple(int(ends[place]) for place in begin + np.concatenate([[0], np.cumsum(counts)]))
