"""Composes the house jingle: python -m voices.jingles.compose [FOLDER].

The intro states a five-note motif on mallets over a warm chord and lets the chord ring, so that the first words
can begin over it; the outro answers the motif and comes home. Everything is computed here from sines and one
seeded noise, so the music is ours. 44.1 kHz, mono, 16 bit; a test composes it again and compares.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

Signal = NDArray[np.float64]

RATE = 44_100

#: Beats a minute, and one beat in seconds.
_TEMPO = 108
_BEAT_S = 60 / _TEMPO

#: Peak of the finished files in dBFS; loudness is set when a programme is mixed.
_PEAK_DBFS = -3.0

#: (beat, note, strength); notes are MIDI numbers, 62 = D4.
Score = tuple[tuple[float, int, float], ...]

_INTRO_MALLETS: Score = (
    (0.0, 69, 0.9), (0.5, 74, 0.8), (1.0, 78, 1.0), (1.75, 76, 0.7), (2.0, 81, 0.95),
    (3.0, 86, 0.35), (3.5, 78, 0.25), (4.0, 81, 0.2),
)  # fmt: skip
_INTRO_BASS: Score = ((0.0, 38, 1.0), (1.75, 43, 0.7), (3.0, 38, 0.8))
_INTRO_CHORDS: tuple[tuple[float, float, tuple[int, ...]], ...] = (
    (0.0, 2.0, (50, 57, 62, 66)),
    (1.75, 1.6, (55, 59, 62, 69)),
    (3.0, 5.4, (50, 57, 64, 66, 69)),
)
_INTRO_S = 4.8

_OUTRO_MALLETS: Score = (
    (0.0, 81, 0.8), (0.5, 78, 0.7), (1.0, 79, 0.85), (1.75, 76, 0.7), (2.0, 78, 0.8),
    (2.5, 74, 0.75), (3.25, 73, 0.5), (3.5, 74, 0.95), (4.5, 81, 0.35), (5.0, 86, 0.3),
)  # fmt: skip
_OUTRO_BASS: Score = ((0.0, 43, 0.9), (1.0, 45, 0.8), (2.0, 47, 0.7), (2.5, 45, 0.7), (3.5, 38, 1.0))
_OUTRO_CHORDS: tuple[tuple[float, float, tuple[int, ...]], ...] = (
    (0.0, 1.3, (55, 59, 62, 66)),
    (1.0, 1.3, (57, 61, 64, 67)),
    (2.0, 1.8, (54, 59, 62, 66)),
    (3.5, 5.0, (50, 57, 62, 66, 69)),
)
_OUTRO_S = 5.6


def _hertz(note: int) -> float:
    return float(440.0 * 2 ** ((note - 69) / 12))


def _time(seconds: float) -> Signal:
    return np.arange(round(seconds * RATE)) / RATE


def _mallet(note: int) -> Signal:
    """A marimba-like bar: its first overtone lies two octaves up, and high partials die first."""
    time = _time(1.8)
    base = _hertz(note)
    sound = np.zeros_like(time)
    for ratio, level, decay_s in ((1.0, 1.0, 0.55), (2.0, 0.12, 0.35), (3.98, 0.28, 0.16), (9.2, 0.05, 0.05)):
        sound += level * np.sin(2 * np.pi * base * ratio * time) * np.exp(-time / decay_s)
    return sound * np.minimum(1, time / 0.003)


def _bass(note: int) -> Signal:
    time = _time(1.6)
    base = _hertz(note)
    sound = np.sin(2 * np.pi * base * time) + 0.35 * np.sin(4 * np.pi * base * time) * np.exp(-time / 0.3)
    return sound * np.exp(-time / 0.6) * np.minimum(1, time / 0.01)


def _chord(notes: tuple[int, ...], seconds: float) -> Signal:
    """A warm pad: each note three times, a few cents apart, with soft overtones."""
    time = _time(seconds)
    sound = np.zeros_like(time)
    for voice, note in enumerate(notes):
        for cents in (-5, 0, 6):
            base = _hertz(note) * 2 ** (cents / 1200)
            for partial in range(1, 6):
                phase = voice * 1.3 + cents * 0.7 + partial
                sound += np.sin(2 * np.pi * base * partial * time + phase) / partial**2.2
    rise, fall = 0.18, min(1.4, seconds / 2)
    return sound / len(notes) * np.minimum(1, time / rise) * np.minimum(1, (seconds - time) / fall)


def _add(track: Signal, sound: Signal, start_s: float, level: float) -> None:
    start = round(start_s * RATE)
    end = min(len(track), start + len(sound))
    track[start:end] += level * sound[: end - start]


def _room(dry: Signal) -> Signal:
    """A small bright room: convolution with one and a half seconds of decaying noise."""
    time = _time(1.5)
    noise = np.random.default_rng(1887).standard_normal(len(time))
    echo = np.convolve(noise, np.ones(8) / 8, mode="same") * np.exp(-time / 0.32) * np.minimum(1, time / 0.012)
    echo /= np.sqrt(np.sum(echo**2))
    length = len(dry) + len(echo)
    wet = np.fft.irfft(np.fft.rfft(dry, length) * np.fft.rfft(echo, length), length)[: len(dry)]
    return dry + 0.22 * wet


def _compose(
    mallets: Score, bass: Score, chords: tuple[tuple[float, float, tuple[int, ...]], ...], seconds: float
) -> Signal:
    track = np.zeros(round(seconds * RATE))
    for beat, note, strength in mallets:
        _add(track, _mallet(note), beat * _BEAT_S, 0.50 * strength)
    for beat, note, strength in bass:
        _add(track, _bass(note), beat * _BEAT_S, 0.34 * strength)
    for beat, beats, notes in chords:
        _add(track, _chord(notes, beats * _BEAT_S), beat * _BEAT_S, 0.16)
    sound = _room(track)
    fade = np.minimum(1, (seconds - _time(seconds)) / 0.9)
    sound *= fade**1.5
    loudest = float(np.max(np.abs(sound)))
    return np.asarray(sound * (10 ** (_PEAK_DBFS / 20) / loudest), dtype=np.float64)


def intro() -> Signal:
    """The opening, shape [n] at 44.1 kHz; from 2.2 s on it only rings."""
    return _compose(_INTRO_MALLETS, _INTRO_BASS, _INTRO_CHORDS, _INTRO_S)


def outro() -> Signal:
    """The closing, shape [n] at 44.1 kHz."""
    return _compose(_OUTRO_MALLETS, _OUTRO_BASS, _OUTRO_CHORDS, _OUTRO_S)


def main(folder: Path) -> None:
    """Write both files to `folder`."""
    for name, sound in (("house-intro", intro()), ("house-outro", outro())):
        soundfile.write(folder / f"{name}.flac", sound, RATE, subtype="PCM_16")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
