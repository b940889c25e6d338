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

from briefing.audio import MASTER_RATE
from briefing.errors import Misconfigured
from briefing.hashing import file_sha256
from voices.jingles import shipped
from worker.sound import amplitude
from worker.sound.files import UnreadableSound, decoded_whole
from worker.sound.loudness import measure

with warnings.catch_warnings():
    # pydub warns when it finds no ffmpeg, which we never have it use, and about audioop, which it still imports.
    warnings.simplefilter("ignore")
    from pydub import AudioSegment

if TYPE_CHECKING:
    from worker.sound import Block

#: A jingle is a mark, not a song, and not a blip.
_LONGEST_S = 30.0
_SHORTEST_S = 1.0

#: Quieter than this at its loudest is as good as silence: dead air before the headline.
_INAUDIBLE_LUFS = -50.0

#: The first words begin this long after the intro does, in milliseconds, if it is long enough to ring on under them;
#: otherwise this long after its end.
VOICE_IN_MS = 2200
_AFTER_SHORT_MS = 250

#: An intro that ends before this much of a tail is let end; a longer tail than that would be a song under the story.
_SHORTEST_TAIL_MS = 50
_LONGEST_TAIL_MS = 3500

#: Music's loudest 3 s stand this much below the voice: its integrated loudness counts the tail and comes out too loud.
_BELOW_VOICE_LU = 2.0

#: What rings under the first words stands this much below them, and at least so much below itself before (after WCAG
#: 1.4.7, which asks for 20 dB on average; a bed that fades out within the headline gets there).
_BED_BELOW_VOICE_LU = 18.0
_LEAST_DUCK_DB = 6.0
_DUCK_MS = 250
_FADE_OUT_MS = 900

#: Every jingle begins and ends without a click, whatever its file does.
_FADE_IN_MS = 5
_LAST_FADE_MS = 300

#: pydub works on integers; 32 bits leave 8 dB above full scale, since a mix may exceed it before mastering.
_FULL_SCALE = 2.0**31 / 10 ** (8 / 20)


@dataclass(frozen=True)
class Jingle:
    """A jingle ready to mix."""

    sha256: str
    samples: Block
    """Mono at 44.1 kHz."""
    loudest_lufs: float
    """Loudness of its loudest 3 s."""

    @property
    def voice_in(self) -> int:
        """Sample at which the first words begin when this is an intro."""
        if self._length_ms - VOICE_IN_MS < _SHORTEST_TAIL_MS:
            return len(self.samples) + _AFTER_SHORT_MS * MASTER_RATE // 1000
        return VOICE_IN_MS * MASTER_RATE // 1000

    @property
    def opening_samples(self) -> int:
        """Samples of the programme that `opening` mixes when this is an intro: to the first words or the tail's end."""
        longest = self.voice_in + _LONGEST_TAIL_MS * MASTER_RATE // 1000
        return max(self.voice_in, min(len(self.samples), longest))

    @property
    def _length_ms(self) -> int:
        return len(self.samples) * 1000 // MASTER_RATE


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
    """Return the jingle in a sound file. Raises Misconfigured when it cannot be decoded, heard, or is too long."""
    try:
        return _load(path, path.stat().st_mtime_ns)
    except (UnreadableSound, OSError) as error:
        message = f"the jingle cannot be used: {error}"
        hint = f"Give a sound file of {_SHORTEST_S:g} to {_LONGEST_S:g} seconds."
        raise Misconfigured(message, hint=hint) from error


@lru_cache(maxsize=16)
def _load(path: Path, _changed: int) -> Jingle:
    samples = decoded_whole(path, MASTER_RATE, _LONGEST_S)
    if len(samples) < _SHORTEST_S * MASTER_RATE:
        message = f"{path.name} is shorter than {_SHORTEST_S:g} s"
        raise UnreadableSound(message)
    loudest = measure([samples], MASTER_RATE).loudest_lufs
    if loudest is None or loudest < _INAUDIBLE_LUFS:
        message = f"{path.name} is silent, or its two channels cancel out in mono"
        raise UnreadableSound(message)
    segment = _segment(samples)
    segment = segment.fade_in(_FADE_IN_MS).fade_out(min(_LAST_FADE_MS, len(segment) // 4))
    return Jingle(file_sha256(path), _block(segment, len(samples)), loudest)


def levelled(jingle: Jingle, voice_lufs: float) -> Block:
    """Return the jingle's samples at the level that belongs beside a voice of `voice_lufs`."""
    gain_db = voice_lufs - _BELOW_VOICE_LU - jingle.loudest_lufs
    return jingle.samples * np.float32(amplitude(gain_db))


def opening(jingle: Jingle, voice: Block, voice_lufs: float) -> Block:
    """Return the programme's first `opening_samples` samples: the intro, giving way to the voice.

    `voice` is what is spoken from `voice_in` to there, at `voice_lufs`.
    """
    length = jingle.opening_samples
    music = levelled(jingle, voice_lufs)[:length]
    if not len(voice):
        return np.pad(music, (0, length - len(music)))
    at_ms = jingle.voice_in * 1000 // MASTER_RATE
    bed_db = _duck_db(music[jingle.voice_in :], voice_lufs)
    mixed = _segment(music).fade(to_gain=bed_db, start=at_ms - _DUCK_MS, end=at_ms)
    mixed = mixed.fade_out(min(_FADE_OUT_MS, len(mixed) - at_ms))
    return _block(mixed.overlay(_segment(voice), position=at_ms), length)


def _duck_db(bed: Block, voice_lufs: float) -> float:
    """Return the gain that brings what rings on under the words to its level below them."""
    loudness = measure([bed], MASTER_RATE).integrated_lufs
    if loudness is None:
        return -_LEAST_DUCK_DB
    return min(-_LEAST_DUCK_DB, voice_lufs - _BED_BELOW_VOICE_LU - loudness)


def _block(segment: AudioSegment, length: int) -> Block:
    """Return a segment's first `length` samples; pydub counts in milliseconds and may end a few early or late."""
    samples = np.frombuffer(segment.raw_data, dtype=np.int32).astype(np.float64) / _FULL_SCALE
    return np.pad(samples, (0, max(0, length - len(samples))))[:length].astype(np.float32)


def _segment(samples: Block) -> AudioSegment:
    scaled = np.clip(samples.astype(np.float64) * _FULL_SCALE, -(2.0**31), 2.0**31 - 1).astype(np.int32)
    return AudioSegment(data=scaled.tobytes(), sample_width=4, frame_rate=MASTER_RATE, channels=1)
