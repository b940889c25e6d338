"""Jingles in the programme's format: found by name, checked, faded at their ends, and laid under or over a voice.

The only place that uses pydub: PyAV decodes and resamples; pydub gets PCM of one format for fades and the overlay,
never resamples, never joins and never exports. Decides nothing about when music plays (`worker.stitch`) nor how it
gives way (`worker.sound.music`).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from briefing.audio import MASTER_RATE
from briefing.errors import JingleRefused, Misconfigured
from briefing.hashing import file_sha256
from briefing.podcasts.named_files import where
from voices.jingles import shipped
from worker.sound.files import UnreadableSound, decoded_whole
from worker.sound.loudness import measure

with warnings.catch_warnings():
    # pydub warns when it finds no ffmpeg, which we never have it use, and about audioop, which it still imports.
    warnings.simplefilter("ignore")
    from pydub import AudioSegment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from briefing.podcasts.show import JinglePart, Show
    from worker.sound import Block

#: Seconds that each part may last: a mark is no song, an intro no blip, and a bed that turns over every second nags.
LENGTHS_S: dict[JinglePart, tuple[float, float]] = {
    "intro": (1.0, 30.0),
    "outro": (1.0, 30.0),
    "transition": (0.4, 10.0),
    "mark": (0.3, 3.0),
    "bed": (4.0, 120.0),
}

#: Quieter than this at its loudest is as good as silence: dead air before the headline.
_INAUDIBLE_LUFS = -50.0

#: The first words begin this long after the music does, in milliseconds, if it is long enough to ring on under them;
#: otherwise this long after its end.
VOICE_IN_MS = 2200
_AFTER_SHORT_MS = 250
_LATEST_IN_MS = 2350

#: Music that ends before this much of a tail is let end; a longer tail than that would be a song under the story.
_SHORTEST_TAIL_MS = 50
_LONGEST_TAIL_MS = 3500

#: A jingle begins and ends without a click, whatever its file does.
_FADE_IN_MS = 5
_LAST_FADE_MS = 300

#: A bed goes round without a click if it bends no more there than most of it does, in per cent; one that does not is
#: faded over into its beginning for so long.
_COMMON_BENDS = 99.0
_SEAM_MS = 50

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
    alone_lufs: float
    """The same of what is heard before the words begin: what an opening is levelled by."""

    @property
    def voice_in(self) -> int:
        """Sample at which the words begin that follow it."""
        return _voice_in(len(self.samples))

    @property
    def opening_samples(self) -> int:
        """Samples of the programme that it plays in when words follow: to the first of them or its tail's end."""
        longest = self.voice_in + _LONGEST_TAIL_MS * MASTER_RATE // 1000
        return max(self.voice_in, min(len(self.samples), longest))


@dataclass(frozen=True)
class Jingles:
    """The jingles of a programme."""

    opening: Jingle | None = None
    """Intro or mark."""
    mark: bool = False
    """Whether the opening is the mark."""
    transition: Jingle | None = None
    outro: Jingle | None = None
    bed: Jingle | None = None


def _voice_in(samples: int) -> int:
    if samples * 1000 // MASTER_RATE - VOICE_IN_MS < _SHORTEST_TAIL_MS:
        # A take's first clear sound lies up to 130 ms behind its beginning.
        latest = _LATEST_IN_MS * MASTER_RATE // 1000
        return min(samples + _AFTER_SHORT_MS * MASTER_RATE // 1000, max(samples, latest))
    return VOICE_IN_MS * MASTER_RATE // 1000


def for_show(show: Show, uploaded: Mapping[tuple[str, JinglePart], Path]) -> Jingles:
    """Return a show's jingles. `uploaded` has the editors' own, by name and part. Raises Misconfigured."""
    opening: JinglePart = "mark" if show.opening == "mark" else "intro"
    opens_with = {"full": show.intro, "mark": show.mark, "none": None}[show.opening]
    return Jingles(
        opening=find_and_load(opens_with, opening, uploaded),
        mark=opening == "mark",
        transition=find_and_load(show.transition, "transition", uploaded),
        outro=find_and_load(show.outro, "outro", uploaded),
        bed=find_and_load(show.bed, "bed", uploaded),
    )


def find_and_load(name: str | None, part: JinglePart, uploaded: Mapping[tuple[str, JinglePart], Path]) -> Jingle | None:
    """Return the jingle of a show's setting, None for none. Raises Misconfigured."""
    path = find(name, part, uploaded)
    return load(path, part) if path is not None else None


def find(name: str | None, part: JinglePart, uploaded: Mapping[tuple[str, JinglePart], Path]) -> Path | None:
    """Return the file of a show's jingle setting: the name of an uploaded or shipped one, or a path.

    Raises Misconfigured.
    """
    if name is None:
        return None
    path = uploaded.get((name, part)) or shipped(name, part) or where(name)
    if not path.is_file():
        message = f"there is no {part} jingle {name!r}"
        hint = "Name one of `briefcast jingles list`, a shipped one (house), a sound file, or none."
        raise Misconfigured(message, hint=hint)
    return path


def load(path: Path, part: JinglePart) -> Jingle:
    """Return the jingle in a sound file. Raises Misconfigured when it cannot be decoded or heard, or is too long."""
    try:
        return _load(path, part, path.stat().st_mtime_ns)
    except (JingleRefused, OSError) as error:
        message = f"the jingle cannot be used: {error}"
        raise Misconfigured(message, hint=getattr(error, "hint", None)) from error


def read(path: Path, part: JinglePart) -> Block:
    """Return a sound file's samples as a jingle's part, checked. Raises JingleRefused."""
    shortest, longest = LENGTHS_S[part]
    hint = f"Give a sound file of {shortest:g} to {longest:g} seconds that can be heard in mono."
    try:
        samples = decoded_whole(path, MASTER_RATE, longest)
    except UnreadableSound as error:
        raise JingleRefused(str(error), hint=hint) from error
    if len(samples) < shortest * MASTER_RATE:
        message = f"{path.name} is shorter than {shortest:g} s"
        raise JingleRefused(message, hint=hint)
    loudest = measure([samples], MASTER_RATE).loudest_lufs
    if not np.all(np.isfinite(samples)) or loudest is None or loudest < _INAUDIBLE_LUFS:
        message = f"{path.name} is silent, or its two channels cancel out in mono"
        raise JingleRefused(message, hint=hint)
    return samples


@lru_cache(maxsize=16)
def _load(path: Path, part: JinglePart, _changed: int) -> Jingle:
    samples = read(path, part)
    if part == "bed":  # whoever loops it fades it
        return made(file_sha256(path), looped(samples))
    segment = segment_of(samples)
    segment = segment.fade_in(_FADE_IN_MS).fade_out(min(_LAST_FADE_MS, len(segment) // 4))
    return made(file_sha256(path), block_of(segment, len(samples)))


def looped(samples: Block) -> Block:
    """Return a bed whose end runs into its beginning: as it is where it does, which keeps its beat; otherwise a little
    shorter, its end laid over its beginning.
    """
    bends = np.abs(np.diff(samples, 2))
    seam = np.abs(np.diff(np.concatenate((samples[-2:], samples[:2])), 2))
    if seam.max() <= np.percentile(bends, _COMMON_BENDS):
        return samples
    length = _SEAM_MS * MASTER_RATE // 1000
    # Of equal power, since the two have nothing to do with one another, and without a corner at either end.
    turn = np.pi / 2 * np.sin(np.pi / 2 * np.arange(length) / length) ** 2
    seamless = samples[:length] * np.sin(turn) + samples[-length:] * np.cos(turn)
    return np.concatenate((seamless.astype(np.float32), samples[length:-length]))


def made(sha256: str, samples: Block) -> Jingle:
    """Return the jingle of these samples, measured. They must be loud enough to measure."""
    loudest = measure([samples], MASTER_RATE).loudest_lufs
    alone = measure([samples[: _voice_in(len(samples))]], MASTER_RATE).loudest_lufs
    assert loudest is not None, "silence is refused when a file is read"
    return Jingle(sha256, samples, loudest, alone if alone is not None else loudest)


def overlaid(voice: Block, music: Block) -> Block:
    """Return both at once; of equal length."""
    return block_of(segment_of(music).overlay(segment_of(voice)), len(voice))


def block_of(segment: AudioSegment, length: int) -> Block:
    """Return a segment's first `length` samples; pydub counts in milliseconds and may end a few early or late."""
    samples = np.frombuffer(segment.raw_data, dtype=np.int32).astype(np.float64) / _FULL_SCALE
    return np.pad(samples, (0, max(0, length - len(samples))))[:length].astype(np.float32)


def segment_of(samples: Block) -> AudioSegment:
    """Return samples as pydub wants them."""
    scaled = np.clip(samples.astype(np.float64) * _FULL_SCALE, -(2.0**31), 2.0**31 - 1).astype(np.int32)
    return AudioSegment(data=scaled.tobytes(), sample_width=4, frame_rate=MASTER_RATE, channels=1)
