"""MP3 encoders and LAME's quality levels on mastered speech at 96 kbit/s mono: speed, and what is lost.

What is lost is told by a plain noise-to-mask measure: the error's energy in each critical band against a masking threshold
14.5 dB below the band's own energy with simple spreading (after Brandenburg's NMR); lower is better, above 0 dB is audible
in principle. It ranks settings; it is no listening test.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

import av
import numpy as np

from tests.bench.main_job import SAMPLE, _narrate
from tests.bench.measure import table
from worker import encode
from worker.sound.files import decoded

_FRAME = 2048
_BANDS = 21  # to about 8 kHz, where the voice is


def run():
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        sound = _mastered(base)
        seconds = len(sound) / 44_100
        energy = _band_energy(sound)
        rows = []
        for quality in (0, 2, 3, 5, 7, 9):
            for name, encoder in (("lameenc", _lameenc), ("PyAV", _pyav)):
                path = base / f"{name}{quality}.mp3"
                started = time.process_time()
                encoder(sound, path, quality)
                cpu_s = time.process_time() - started
                heard = np.concatenate(list(decoded(path, 44_100)))[: len(sound)]
                mean, audible = _noise_to_mask(sound[: len(heard)], heard, energy)
                rows.append(
                    (name, quality, f"{cpu_s:.2f}", f"{seconds / cpu_s:.0f}", f"{mean:.1f}", f"{audible:.1f} %")
                )
        table(
            f"{seconds:.0f} s of mastered speech, 96 kbit/s mono",
            ("encoder", "quality", "CPU s", "times real time", "mean NMR dB", "bands above 0 dB"),
            rows,
        )


def _mastered(base):
    _, report = _narrate(base, base / "data", SAMPLE)
    assert json.dumps(report)
    return np.concatenate(list(decoded(base / "out.mp3", 44_100)))


def _lameenc(sound, path, quality):
    before, encode.QUALITY = encode.QUALITY, quality
    try:
        encode.encode((sound[start : start + 65_536] for start in range(0, len(sound), 65_536)), path)
    finally:
        encode.QUALITY = before


def _pyav(sound, path, quality):
    sound = sound / np.float32(encode._LAME_SCALE)  # as encode.py does, or the level would count as noise
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libmp3lame", rate=44_100, layout="mono", bit_rate=96_000)
        stream.codec_context.options = {"compression_level": str(quality)}
        for start in range(0, len(sound), 46_080):
            frame = av.AudioFrame.from_ndarray(sound[None, start : start + 46_080], format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 44_100, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _band_energy(sound):
    hertz = np.fft.rfftfreq(_FRAME, 1 / 44_100)
    bark = np.minimum(13 * np.arctan(0.00076 * hertz) + 3.5 * np.arctan((hertz / 7500) ** 2), 24).astype(int)
    starts = np.arange(0, len(sound) - _FRAME, _FRAME // 2)
    energy = np.zeros((len(starts), 25))
    window = np.hanning(_FRAME)
    for first in range(0, len(starts), 500):
        frames = np.stack([sound[start : start + _FRAME] for start in starts[first : first + 500]]) * window
        power = np.abs(np.fft.rfft(frames)) ** 2
        for band in range(25):
            energy[first : first + 500, band] = power[:, bark == band].sum(1)
    return energy


def _noise_to_mask(sound, heard, energy):
    spread = np.array([[10 ** -(2.5 * max(0, i - j) + max(0, j - i)) for j in range(25)] for i in range(25)])
    mask = (energy @ spread.T)[:, :_BANDS] * 10**-1.45
    noise = _band_energy(heard - sound)[:, :_BANDS]
    loud = energy.sum(1) > energy.sum(1).max() * 1e-5
    ratio = 10 * np.log10(noise[loud] / np.maximum(mask[loud], 1e-12) + 1e-12)
    return ratio.mean(), 100 * (ratio > 0).mean()
