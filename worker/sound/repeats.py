"""Whether a take ends by saying its last stretch twice, as engines that lose their place do.

Compares the short-time spectra of the end with those just before it, for every length the stretch may have, letting one
reading be slower than the other (dynamic time warping; Sakoe and Chiba 1978, with their slopes of 1/2 to 2). Knows no
text: whoever asks must know whether the words themselves repeat.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from worker.sound import Block

#: Seconds that a repeated stretch may last. A shorter one is a syllable or two, which texts do repeat; a longer one
#: shows in the length of the take.
_SHORTEST_S = 0.6
_LONGEST_S = 3.2

_HOP_S = 0.02
_WINDOW_S = 0.032
_BANDS = 20
_LOWEST_HZ, _HIGHEST_HZ = 100.0, 7000.0

#: Bands quieter than the loudest by this much say nothing.
_FLOOR_DB = 60.0

#: A frame this far below the loud ones belongs to the pause between the two readings.
_PAUSE_DB = -35.0

#: How far the two readings may drift apart, as a share of what has been compared, and in frames at their ends.
_DRIFT = 0.2
_PLAY = 2

#: Frames between two lengths tried; the play at the ends bridges them.
_STEP = 2 * _PLAY

#: After this many frames, lengths whose spectra differ by more than this many dB so far are let go.
_GLANCE = 20
_HOPELESS_DB = 7.0

_FAR = 1e9


class Likeness(NamedTuple):
    """How like the end of a take is to what precedes it."""

    difference_db: float
    """Mean difference between the two spectra, band by band; infinite where the take is too short to tell."""
    seconds: float
    """From the beginning of the one to the beginning of the other."""


def find_repeat(samples: Block, rate: int) -> Likeness:
    """Return the likeliest repetition at the end of a take whose edges are trimmed."""
    spectra, levels = _spectra(samples[-round((2 * _LONGEST_S + 1) * rate) :], rate)
    longest = min(round(_LONGEST_S / _HOP_S), len(spectra) // 2)
    lags = np.arange(round(_SHORTEST_S / _HOP_S), longest + 1, _STEP)
    if not len(lags):
        return Likeness(float("inf"), 0.0)
    differences = _differences(spectra, lags, _said(levels, lags))
    best = int(np.argmin(differences))
    return Likeness(float(differences[best]), float(lags[best] * _HOP_S))


def _spectra(samples: Block, rate: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return each frame's band levels less their mean (shape [n, bands], dB), and its level below the loud ones [n]."""
    window, hop = round(_WINDOW_S * rate), round(_HOP_S * rate)
    if len(samples) < window:
        return np.zeros((0, _BANDS)), np.zeros(0)
    frames = np.lib.stride_tricks.sliding_window_view(samples, window)[::hop]
    power = np.square(np.abs(np.fft.rfft(frames * np.hanning(window), axis=1)))
    bands = power @ _filters(window, rate).T
    logs = 10 * np.log10(np.maximum(bands, max(float(bands.max()), 1e-12) * 10 ** (-_FLOOR_DB / 10)))
    levels = 10 * np.log10(power.sum(axis=1) + 1e-12)
    return logs - logs.mean(axis=1, keepdims=True), levels - np.percentile(levels, 95)


def _filters(window: int, rate: int) -> NDArray[np.float64]:
    """Return triangles, evenly spaced on the mel scale; shape [bands, bins]."""
    hertz = np.fft.rfftfreq(window, 1 / rate)
    low, high = (2595 * np.log10(1 + edge / 700) for edge in (_LOWEST_HZ, min(_HIGHEST_HZ, rate / 2)))
    edges = 700 * (10 ** (np.linspace(low, high, _BANDS + 2) / 2595) - 1)
    # At least a bin wide, or the lowest ones would be empty.
    width = np.maximum(np.diff(edges), hertz[1])
    rising = (hertz - edges[:-2, None]) / width[:-1, None]
    falling = (edges[2:, None] - hertz) / width[1:, None]
    return np.asarray(np.clip(np.minimum(rising, falling), 0, None))


def _said(levels: NDArray[np.float64], lags: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each lag how many frames of it are said, less the pause that it begins with."""
    said = []
    for lag in lags:
        loud = np.flatnonzero(levels[len(levels) - lag :] >= _PAUSE_DB)
        said.append(lag - int(loud[0]) if len(loud) else 0)
    return np.array(said)


def _differences(spectra: NDArray[np.float64], lags: NDArray[np.int64], said: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the mean difference of the last `said` frames from those `lags` earlier, in dB; infinite for none.

    Walks backwards from the end, all lags at once. `drift` is how many frames more of the earlier reading have been
    passed than of the later one.
    """
    found = np.full(len(lags), np.inf)
    kept = np.flatnonzero(said >= round(_SHORTEST_S / _HOP_S))
    reach = int(_DRIFT * lags[-1]) + _PLAY
    drift = np.arange(-reach, reach + 1)
    before = last = np.full((len(kept), len(drift)), _FAR)
    apart = _apart(spectra, int(said.max(initial=0)))
    for step in range(len(apart)):
        cost = _costs(apart[step], lags[kept], drift, step)
        path = np.where(np.abs(drift) <= _PLAY, 0.0, _FAR) if step == 0 else _cheapest(before, last, cost)
        before, last = last, np.minimum(path + cost, _FAR)
        means = last.min(axis=1) / (step + 1)
        over = said[kept] == step + 1
        found[kept[over]] = means[over]
        on = ~over & ((step < _GLANCE) | (means <= _HOPELESS_DB))
        kept, before, last = kept[on], before[on], last[on]
        if not len(kept):
            break
    return found


def _apart(spectra: NDArray[np.float64], steps: int) -> NDArray[np.float64]:
    """Return how far each of the last `steps` frames, the last one first, lies from every frame; shape [steps, n].

    All at once, by |a - b|² = |a|² + |b|² - 2ab: pair by pair it was most of what judging a take cost.
    """
    last = spectra[::-1][:steps]
    squares = np.square(last).sum(axis=1)[:, None] + np.square(spectra).sum(axis=1) - 2 * (last @ spectra.T)
    return np.asarray(np.sqrt(np.maximum(squares, 0.0) / _BANDS))


def _costs(
    apart: NDArray[np.float64], lags: NDArray[np.int64], drift: NDArray[np.int64], step: int
) -> NDArray[np.float64]:
    """Return the differences between frame `step` from the end and those that may answer to it; shape [lags, drift]."""
    near = np.flatnonzero((np.abs(drift) <= _DRIFT * step + _PLAY) & (drift >= -step))
    earlier = len(apart) - 1 - lags[:, None] - step - drift[near]
    costs = np.full((len(lags), len(drift)), _FAR)
    costs[:, near] = np.where(earlier >= 0, apart[np.maximum(earlier, 0)], _FAR)
    return costs


def _cheapest(before: NDArray[np.float64], last: NDArray[np.float64], cost: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cheapest way to each drift: straight on, or past a frame of one of the readings.

    Passing a frame of the later one costs what comparing it would, since the mean is over its frames.
    """
    path = last.copy()
    path[:, 1:] = np.minimum(path[:, 1:], last[:, :-1])
    path[:, :-1] = np.minimum(path[:, :-1], before[:, 1:] + cost[:, :-1])
    return path
