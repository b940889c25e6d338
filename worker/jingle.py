"""Jingles in the programme's format, and the opening: the intro under the first words. The only place that uses pydub.

PyAV decodes and resamples; pydub gets PCM of one format for fades and the overlay, never resamples, never joins and
never exports. An opening is at most half a minute, so it may be whole in memory.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from briefing.errors import Misconfigured
from briefing.hashing import file_sha256
from briefing.values import MASTER_RATE
from voices.jingles import shipped
from worker.sound.files import UnreadableSound, decoded_whole
from worker.sound.loudness import measure

with warnings.catch_warnings():
    # pydub warns when it finds no ffmpeg, which we never have it use, and about audioop, which it still imports.
    warnings.simplefilter("ignore")
    from pydub import AudioSegment

if TYPE_CHECKING:
    from worker.sound import Block

#: A jingle is a mark, not a song.
_LONGEST_S = 30.0

#: The first words begin this long after the intro does, in milliseconds, if it is long enough to ring on under them.
VOICE_IN_MS = 2200

#: A tail shorter than this is not worth speaking over.
_SHORTEST_TAIL_MS = 800

#: How much the intro gives way under the first words, how fast, and how it leaves.
_DUCK_DB = -9.0
_DUCK_MS = 250
_FADE_OUT_MS = 900

#: pydub works on integers; 32 bits leave 8 dB above full scale, since a mix may exceed it before mastering.
_FULL_SCALE = 2.0**31 / 10 ** (8 / 20)


@dataclass(frozen=True)
class Jingle:
    """A jingle ready to mix."""

    sha256: str
    samples: Block
    """Mono at 44.1 kHz."""
    loudness_lufs: float | None

    @property
    def voice_in(self) -> int:
        """Sample at which the first words begin when this is an intro."""
        length_ms = len(self.samples) * 1000 // MASTER_RATE
        if length_ms - VOICE_IN_MS < _SHORTEST_TAIL_MS:
            return len(self.samples)
        return VOICE_IN_MS * MASTER_RATE // 1000


def find(name: str | None, part: Literal["intro", "outro"]) -> Path | None:
    """Return the file of a show's jingle setting: a shipped jingle's name or a path. Raises Misconfigured."""
    if name is None:
        return None
    path = shipped(name, part) or Path(name)
    if not path.is_file():
        message = f"there is no {part} jingle {name!r}"
        raise Misconfigured(message, hint="Name a shipped jingle (house), a sound file, or none.")
    return path


def load(path: Path) -> Jingle:
    """Return the jingle in a sound file. Raises Misconfigured when it cannot be decoded or is too long."""
    return _load(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=16)
def _load(path: Path, _changed: int) -> Jingle:
    try:
        samples = decoded_whole(path, MASTER_RATE, _LONGEST_S)
    except UnreadableSound as error:
        message = f"the jingle cannot be used: {error}"
        raise Misconfigured(message, hint=f"Give a sound file of at most {_LONGEST_S:g} seconds.") from error
    return Jingle(file_sha256(path), samples, measure([samples], MASTER_RATE).integrated_lufs)


def opening(intro: Block, voice: Block, voice_in: int) -> Block:
    """Return the programme's first len(intro) samples: the intro, giving way to `voice` from sample `voice_in`.

    `voice` is at most as long as what is left of the intro.
    """
    music = _segment(intro)
    at_ms = voice_in * 1000 // MASTER_RATE
    if len(voice):
        music = music.fade(to_gain=_DUCK_DB, start=at_ms - _DUCK_MS, end=at_ms)
        music = music.fade_out(min(_FADE_OUT_MS, len(music) - at_ms))
        music = music.overlay(_segment(voice), position=at_ms)
    mixed = np.frombuffer(music.raw_data, dtype=np.int32).astype(np.float64) / _FULL_SCALE
    # pydub counts in milliseconds and may end a few samples early or late.
    return np.pad(mixed, (0, max(0, len(intro) - len(mixed))))[: len(intro)].astype(np.float32)


def _segment(samples: Block) -> AudioSegment:
    scaled = np.clip(samples.astype(np.float64) * _FULL_SCALE, -(2.0**31), 2.0**31 - 1).astype(np.int32)
    return AudioSegment(data=scaled.tobytes(), sample_width=4, frame_rate=MASTER_RATE, channels=1)
