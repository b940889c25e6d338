"""Programmes for tests of sound: takes on disk, scripts of given roles, jingles from samples, and what is heard of them."""

from __future__ import annotations

import numpy as np

from briefing.audio import MASTER_RATE, Take
from briefing.podcasts.show import Show
from briefing.script import Script, ScriptArticle, Segment
from briefing.speech import Chunk
from tests.support.audio import joined, tone, voice_like
from worker import stitch
from worker.sound import jingle
from worker.sound.files import write_flac
from worker.sound.jingle import Jingles
from worker.sound.loudness import measure

SHOW = Show(slug="s", title="S")


class Takes:
    """Takes on disk, one per key."""

    def __init__(self, folder):
        self.folder, self.takes, self.paths = folder, {}, {}

    def add(self, key, samples, rate=22_050):
        path = self.folder / f"{key}.flac"
        write_flac(path, samples, rate)
        lufs = measure([samples], rate).integrated_lufs
        self.takes[key] = Take(key=key, sha256=key, rate=rate, samples=len(samples), loudness_lufs=lufs)
        self.paths[key] = path
        return self

    def path_of(self, take):
        return self.paths[take.key]

    def silenced(self):
        """The same takes, of the same levels, with nothing to hear: what is left is the music."""
        silent = Takes(self.folder)
        for key, take in self.takes.items():
            silent.add(f"{key}-silent", np.zeros(take.samples, dtype=np.float32), take.rate)
            silent.paths[key] = silent.paths[f"{key}-silent"]
        silent.takes = self.takes
        return silent


def script_of(*roles, articles=1):
    """A script of segments in these roles, the same for each article."""
    refs = [f"a:b{number}" for number in range(articles)]
    segments = tuple(
        Segment(id=f"{ref}-{number}", article=ref, role=role, written="w", spoken="w")
        for ref in refs
        for number, role in enumerate(roles)
    )
    heads = tuple(
        ScriptArticle(ref=ref, title="T", byline=None, published_at=None, address=None, content_hash="") for ref in refs
    )
    return Script(language="en", title="T", articles=heads, segments=segments, dropped=())


def chunks_of(script, voice="v"):
    """A chunk for each segment; their takes are k0, k1 and so on."""
    return [
        Chunk(key=f"k{number}", segment=segment.id, spoken="w", voice=voice)
        for number, segment in enumerate(script.segments)
    ]


def planned(folder, *roles, show=SHOW, jingles=None, seconds=1.0, articles=1):
    """A mix of noise shaped like speech, and its takes."""
    script = script_of(*roles, articles=articles)
    chunks = chunks_of(script)
    takes = Takes(folder)
    for number in range(len(chunks)):
        takes.add(f"k{number}", voice_like(seconds, 22_050, seed=number))
    sounds = stitch.Sounds(jingles or Jingles())
    return stitch.plan(script, chunks, takes.takes, show, sounds), takes


def ring(seconds, level=0.2, hertz=500):
    """A jingle that rings on at one level."""
    return jingle.made("j" * 64, tone(hertz, seconds, MASTER_RATE, level))


def heard(mix, takes):
    """The whole mix."""
    return joined(stitch.sound(mix, takes.path_of))


def lufs(samples, start_s=0.0, end_s=None):
    """Loudness of a stretch of the mix."""
    stretch = samples[round(start_s * MASTER_RATE) : None if end_s is None else round(end_s * MASTER_RATE)]
    return measure([stretch], MASTER_RATE).integrated_lufs


def windows_lufs(samples, seconds=20, hop_s=2):
    """Loudness of every window of so many seconds."""
    length, hop = seconds * MASTER_RATE, hop_s * MASTER_RATE
    return [
        measure([samples[start : start + length]], MASTER_RATE).integrated_lufs
        for start in range(0, max(1, len(samples) - length + 1), hop)
    ]


def gaps_ms(samples, below_db=-40.0):
    """Silences in milliseconds, longest first: stretches of 10 ms that lie `below_db` under the loud parts."""
    frame = MASTER_RATE // 100
    frames = samples[: len(samples) // frame * frame].reshape(-1, frame)
    levels = 10 * np.log10(np.mean(np.square(frames, dtype=np.float64), axis=1) + 1e-20)
    quiet = levels < np.percentile(levels[levels > -90], 95) + below_db
    edges = np.flatnonzero(np.diff(np.concatenate(([0], quiet.astype(int), [0]))))
    return sorted((int(end - start) * 10 for start, end in edges.reshape(-1, 2)), reverse=True)


def clicks(samples, above_hertz=13_000, over_db=-78.0):
    """Places of clicks, in samples: bursts above what speech at 22 kHz holds, in any 2 ms, beyond `over_db` dBFS.

    A step between two samples has all frequencies; speech that was resampled to 44.1 kHz has none up there.
    """
    length = 1 << (len(samples) - 1).bit_length()
    spectrum = np.fft.rfft(samples.astype(np.float64), length)
    spectrum[np.fft.rfftfreq(length, 1 / MASTER_RATE) < above_hertz] = 0
    high = np.fft.irfft(spectrum, length)[: len(samples)]
    frame = MASTER_RATE // 500
    frames = high[: len(high) // frame * frame].reshape(-1, frame)
    levels = 10 * np.log10(np.mean(frames**2, axis=1) + 1e-20)
    return [int(place) * frame for place in np.flatnonzero(levels > over_db)]
