"""Composes the house jingles: python -m voices.jingles.compose [FOLDER].

One motif of five notes (A D F♯ E A, in D major) carries all five parts: the intro states it on a felt piano doubled by
plucked strings, over bass, shaker and a pad that opens; the outro answers and comes home; the transition lifts its
second half; the mark is its first and last note; the bed turns its chords over, to be looped under a voice.
All is computed here, so the music is ours. 44.1 kHz, mono, 16 bit; a test composes it again and compares.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

Signal = NDArray[np.float64]

RATE = 44_100

#: Peak of the finished files in dBFS; loudness is set when a programme is mixed. A bed plays quietly and needs fewer
#: bits.
_PEAK_DBFS = -3.0
_LOOP_PEAK_DBFS = -12.0

#: (beat, MIDI note, strength): 62 is D4.
Notes = tuple[tuple[float, int, float], ...]

#: (beat, beats, MIDI notes).
Chords = tuple[tuple[float, float, tuple[int, ...]], ...]


@dataclass(frozen=True)
class Score:
    """What is played when."""

    seconds: float
    tempo: float
    """Beats a minute."""
    piano: Notes = ()
    strings: Notes = ()
    bass: Notes = ()
    chords: Chords = ()
    shaker: tuple[tuple[float, float], ...] = ()
    """(beat, strength)."""
    fade_s: float = 0.8
    """Fade-out at the end."""
    loop: bool = False
    """Whether the end runs into the beginning: what rings on at the end is heard at the start, and nothing fades."""


#: From 2.2 s on it only rings, so that the headline can begin over it.
INTRO = Score(
    seconds=5.4,
    tempo=112,
    piano=(
        (0.0, 69, 0.80), (0.0, 57, 0.45), (0.5, 74, 0.72), (1.0, 78, 0.90), (1.0, 62, 0.40), (1.75, 76, 0.70),
        (2.0, 81, 1.00), (2.0, 67, 0.50), (2.0, 71, 0.45), (3.0, 78, 0.55), (3.5, 74, 0.62), (3.5, 69, 0.50),
        (3.5, 64, 0.45), (3.5, 86, 0.38),
    ),
    strings=(
        (0.25, 62, 0.5), (0.75, 66, 0.45), (1.25, 69, 0.5), (1.5, 74, 0.4), (2.25, 67, 0.5), (2.5, 71, 0.5),
        (2.75, 74, 0.55), (3.0, 79, 0.45), (3.25, 76, 0.4), (3.5, 62, 0.6), (3.58, 69, 0.5), (3.66, 74, 0.5),
        (3.74, 78, 0.45), (3.82, 81, 0.35),
    ),
    bass=((0.0, 38, 1.0), (1.5, 38, 0.5), (2.0, 43, 0.95), (3.0, 45, 0.7), (3.5, 38, 1.0)),
    chords=((0.0, 2.0, (50, 57, 62, 66)), (2.0, 1.5, (55, 59, 62, 69)), (3.5, 6.4, (50, 57, 64, 66, 69))),
    shaker=(
        (0.0, 0.5), (0.5, 0.9), (0.75, 0.35), (1.0, 0.5), (1.5, 0.9), (1.75, 0.35), (2.0, 0.5), (2.5, 0.9), (2.75, 0.4),
        (3.0, 0.6), (3.25, 0.45), (3.5, 0.8),
    ),
    fade_s=1.2,
)  # fmt: skip

OUTRO = Score(
    seconds=6.4,
    tempo=112,
    piano=(
        (0.0, 81, 0.80), (0.0, 67, 0.45), (0.5, 78, 0.65), (1.0, 79, 0.80), (1.0, 69, 0.45), (1.75, 76, 0.62),
        (2.0, 78, 0.85), (2.0, 71, 0.45), (2.5, 74, 0.70), (3.0, 76, 0.72), (3.0, 67, 0.45), (3.5, 73, 0.70),
        (3.5, 64, 0.40), (4.0, 69, 0.60), (4.0, 62, 0.60), (4.0, 66, 0.50), (4.5, 74, 0.85), (5.5, 81, 0.40),
        (6.0, 86, 0.30),
    ),
    strings=(
        (0.25, 62, 0.5), (0.75, 67, 0.45), (1.25, 64, 0.5), (1.5, 69, 0.45), (2.25, 66, 0.5), (2.75, 71, 0.5),
        (3.25, 69, 0.45), (3.75, 67, 0.4), (4.5, 62, 0.55), (4.6, 66, 0.5), (4.7, 69, 0.5), (4.8, 74, 0.45),
        (4.9, 78, 0.4), (5.0, 81, 0.3),
    ),
    bass=((0.0, 43, 0.9), (1.0, 45, 0.85), (2.0, 47, 0.8), (3.0, 40, 0.75), (3.5, 45, 0.8), (4.5, 38, 1.0)),
    chords=(
        (0.0, 1.0, (55, 59, 62, 66)), (1.0, 1.0, (57, 61, 64, 67)), (2.0, 1.0, (54, 59, 62, 66)),
        (3.0, 1.5, (52, 57, 61, 67)), (4.5, 7.2, (50, 57, 62, 64, 66)),
    ),
    shaker=(
        (0.5, 0.8), (1.0, 0.4), (1.5, 0.8), (2.0, 0.4), (2.5, 0.8), (3.0, 0.4), (3.5, 0.7), (3.75, 0.35), (4.5, 0.5),
    ),
    fade_s=1.6,
)  # fmt: skip

TRANSITION = Score(
    seconds=1.9,
    tempo=112,
    piano=((0.0, 78, 0.70), (0.0, 62, 0.50), (0.5, 76, 0.62), (1.0, 81, 0.90), (1.0, 66, 0.45), (1.0, 74, 0.40)),
    strings=((0.0, 50, 0.5), (0.25, 69, 0.5), (0.75, 74, 0.5), (1.0, 62, 0.55), (1.08, 69, 0.5), (1.16, 74, 0.45)),
    bass=((0.0, 43, 0.7), (1.0, 38, 0.9)),
    chords=((0.0, 1.0, (55, 59, 62, 66)), (1.0, 2.4, (50, 57, 64, 66))),
    shaker=((0.0, 0.4), (0.5, 0.7), (0.75, 0.35), (1.0, 0.6)),
    fade_s=0.7,
)

MARK = Score(
    seconds=0.95,
    tempo=112,
    piano=((0.0, 69, 0.75), (0.0, 62, 0.45), (0.25, 81, 0.90), (0.25, 74, 0.40)),
    strings=((0.0, 57, 0.55), (0.25, 69, 0.50), (0.33, 74, 0.45)),
    bass=((0.0, 38, 0.8),),
    shaker=((0.0, 0.5), (0.25, 0.6)),
    fade_s=0.5,
)

#: Four bars of four in exactly ten seconds.
BED = Score(
    seconds=10.0,
    tempo=96,
    piano=((0.0, 69, 0.30), (3.0, 66, 0.24), (6.5, 71, 0.26), (8.0, 74, 0.30), (11.0, 69, 0.24), (13.5, 64, 0.26)),
    strings=tuple(
        (bar * 4 + step * 0.5, notes[step % len(notes)], 0.42 if step in {0, 3, 6} else 0.28)
        for bar, notes in enumerate(((62, 69, 66), (59, 66, 62), (55, 62, 67), (57, 64, 61)))
        for step in range(8)
    ),
    bass=((0.0, 38, 0.7), (4.0, 47, 0.6), (8.0, 43, 0.65), (12.0, 45, 0.65), (15.0, 40, 0.45)),
    chords=(
        (0.0, 4.6, (50, 57, 62, 66)), (4.0, 4.6, (47, 54, 59, 66)), (8.0, 4.6, (43, 55, 59, 66)),
        (12.0, 4.6, (45, 52, 57, 64)),
    ),
    loop=True,
)  # fmt: skip

PARTS = {"intro": INTRO, "outro": OUTRO, "transition": TRANSITION, "mark": MARK, "bed": BED}


def _hertz(note: int) -> float:
    return float(440.0 * 2 ** ((note - 69) / 12))


def _time(seconds: float) -> Signal:
    return np.arange(round(seconds * RATE)) / RATE


def _noise(seconds: float, seed: int) -> Signal:
    return np.random.default_rng(seed).standard_normal(round(seconds * RATE))


def _edges(time: Signal, rise_s: float) -> Signal:
    """Let a note begin and end without a click."""
    return np.asarray(np.minimum(1, time / rise_s) * np.minimum(1, (time[-1] - time) / 0.25), dtype=np.float64)


def _piano(note: int, strength: float) -> Signal:
    """A felt piano: stretched partials that die the sooner the higher, more of them the harder the blow, and the
    felt.
    """
    time = _time(2.4)
    base = _hertz(note)
    sound = np.zeros_like(time)
    for partial in range(1, 13):
        hertz = base * partial * np.sqrt(1 + 0.0004 * partial**2)
        if hertz > RATE * 0.4:
            break
        level = np.exp(-(partial - 1) * (1.05 - 0.62 * strength))
        decay_s = 1.1 * (440 / base) ** 0.35 / partial**0.75
        # Two strings, hardly apart in pitch: the sound falls at first, then sings on.
        wave = np.sin(2 * np.pi * hertz * time) + 0.5 * np.sin(2 * np.pi * hertz * 1.0006 * time + partial)
        sound += level * wave * (0.75 * np.exp(-time / decay_s) + 0.25 * np.exp(-time / (3 * decay_s)))
    felt = np.convolve(_noise(0.05, note), np.ones(24) / 24, mode="same") * np.exp(-_time(0.05) / 0.012)
    sound[: len(felt)] += 0.9 * strength * felt
    return strength * sound * _edges(time, 0.004)


def _string(note: int, strength: float) -> Signal:
    """A plucked string: a burst of noise goes round a delay line and loses its edges (Karplus and Strong, 1983)."""
    base = _hertz(note)
    period = RATE / base - 0.5  # the averaging below delays by half a sample
    length = int(period)
    burst = _noise(length / RATE + 0.001, 1000 + note)[: length + 2]
    burst = np.convolve(burst, np.ones(9) / 9, mode="same")
    burst -= burst.mean()
    rounds = int(1.6 * RATE / period) + 1
    keep = 0.5 ** (period / RATE / 0.32)  # half of it is left after 0.32 s
    line, turns = burst[:length], []
    for _ in range(rounds):
        turns.append(line)
        line = keep * (0.5 * line + 0.5 * np.concatenate((line[-1:], line[:-1])))
    raw = np.concatenate(turns)
    # The delay line is whole samples long; reading it a little slower or faster sets the pitch right.
    time = np.arange(int(1.5 * RATE)) * (length + 0.5) / (period + 0.5)
    sound: Signal = np.interp(time, np.arange(len(raw)), raw)
    return strength * 2.2 * sound * _edges(_time(1.5), 0.0014)


def _bass(note: int, strength: float) -> Signal:
    time = _time(1.8)
    phase = 2 * np.pi * _hertz(note) * time
    sound = (
        np.sin(phase) + 0.45 * np.sin(2 * phase) * np.exp(-time / 0.35) + 0.2 * np.sin(3 * phase) * np.exp(-time / 0.15)
    )
    return strength * np.tanh(1.3 * sound) * np.exp(-time / 0.65) * _edges(time, 0.008)


def _shaker(beat: float, strength: float) -> Signal:
    time = _time(0.09)
    bright = np.diff(_noise(0.09, 7000 + round(beat * 100)), n=2, prepend=(0.0, 0.0))
    bright = np.convolve(bright, (0.25, 0.5, 0.25), mode="same")
    return strength * bright * np.minimum(1, time / 0.012) * np.exp(-time / 0.022)


def _pad(notes: tuple[int, ...], seconds: float) -> Signal:
    """A warm chord: each note three times, a few cents apart; its overtones come in later than its ground."""
    time = _time(seconds)
    sound = np.zeros_like(time)
    for voice, note in enumerate(notes):
        for cents in (-6, 0, 7):
            base = _hertz(note) * 2 ** (cents / 1200)
            for partial in range(1, 8):
                opens = np.minimum(1, time / (0.1 + 0.16 * partial))
                sound += (
                    opens
                    * np.sin(2 * np.pi * base * partial * time + voice * 1.3 + cents * 0.7 + partial)
                    / partial**1.9
                )
    rise, fall = min(0.22, seconds / 4), min(1.6, seconds / 2)
    return sound / len(notes) * np.minimum(1, time / rise) * np.minimum(1, (seconds - time) / fall)


def _add(track: Signal, sound: Signal, start_s: float, level: float, *, loop: bool) -> None:
    start = round(start_s * RATE)
    if loop:
        np.add.at(track, (start + np.arange(len(sound))) % len(track), level * sound)
        return
    end = min(len(track), start + len(sound))
    track[start:end] += level * sound[: end - start]


def _room(dry: Signal, *, loop: bool) -> Signal:
    """A small bright room: convolution with one and a half seconds of decaying noise, round the circle for a loop."""
    time = _time(1.5)
    echo = np.convolve(_noise(1.5, 1887), np.ones(6) / 6, mode="same")
    echo *= np.exp(-time / 0.34) * np.minimum(1, time / 0.012)
    echo -= np.convolve(echo, np.ones(441) / 441, mode="same")  # no rumble
    echo /= np.sqrt(np.sum(echo**2))
    length = len(dry) if loop else len(dry) + len(echo)
    wet = np.fft.irfft(np.fft.rfft(dry, length) * np.fft.rfft(echo, length), length)[: len(dry)]
    return dry + 0.24 * wet


def _steadied(loop: Signal) -> Signal:
    """Even out a loop round its circle, seconds at a time: nothing of a bed is to stick out under a voice."""
    around = np.zeros(len(loop))
    window = np.hanning(2 * RATE)
    around[: len(window)] = window / window.sum()
    power = np.fft.irfft(np.fft.rfft(loop**2) * np.conj(np.fft.rfft(np.roll(around, -RATE))), len(loop))
    return loop * np.asarray((power.mean() / power) ** 0.35, dtype=np.float64)


def compose(part: str) -> Signal:
    """Return a part's samples, shape [n] at 44.1 kHz. Raises KeyError for a part that there is not."""
    score = PARTS[part]
    beat_s = 60 / score.tempo
    track = np.zeros(round(score.seconds * RATE))
    for beat, note, strength in score.piano:
        _add(track, _piano(note, strength), beat * beat_s, 0.34, loop=score.loop)
    for beat, note, strength in score.strings:
        _add(track, _string(note, strength), beat * beat_s, 0.30, loop=score.loop)
    for beat, note, strength in score.bass:
        _add(track, _bass(note, strength), beat * beat_s, 0.30, loop=score.loop)
    for beat, beats, notes in score.chords:
        _add(track, _pad(notes, beats * beat_s), beat * beat_s, 0.13, loop=score.loop)
    for beat, strength in score.shaker:
        _add(track, _shaker(beat, strength), beat * beat_s, 0.05, loop=score.loop)
    sound = _room(track, loop=score.loop)
    sound -= sound.mean()
    if score.loop:
        sound = _steadied(sound)
    else:
        left_s = score.seconds - _time(score.seconds)
        sound *= np.minimum(1, left_s / score.fade_s) ** 1.5 * np.minimum(1, _time(score.seconds) / 0.003)
    peak = 10 ** ((_LOOP_PEAK_DBFS if score.loop else _PEAK_DBFS) / 20)
    return np.asarray(sound * (peak / float(np.max(np.abs(sound)))), dtype=np.float64)


def main(folder: Path) -> None:
    """Write all parts to `folder`."""
    for part in PARTS:
        soundfile.write(folder / f"house-{part}.flac", compose(part), RATE, subtype="PCM_16")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
