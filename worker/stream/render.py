"""A mix whose end is not known yet -> MP3 frames of a part of it, as they would stand in the whole.

Each frame holds its own bits (LAME's reservoir is off), and a part is encoded with what is before and behind it, which
is then left out: so parts that are made by different workers at different times make one stream. Levels are fixed
beforehand: what the whole will measure nobody knows yet.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np
from av.error import FFmpegError

from briefing.audio import MASTER_RATE
from worker import master, stitch
from worker.encode import BITRATE_KBPS, FRAME_SAMPLES, LAME_SCALE, QUALITY
from worker.sound.files import UnreadableSound
from worker.sound.level import MIX_LUFS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from briefing.audio import Take
    from worker.sound import Block

#: Samples by which LAME (576) and a decoder (529) are late; a whole MP3's Info header has players skip them.
_LATE = 576 + 529

#: Frames that are encoded before and behind a part: its first and last share their transforms with them.
_AROUND = 4

#: Samples that limiter and side chain hear before a part, so that they stand as in the whole.
_SETTLE = 2 * MASTER_RATE

#: What most programmes needed beside the difference of the loudness that takes have and the one that is wanted: the
#: limiter takes some back. Measured on the sample articles; see decisions.md.
_LIMITED_DB = 0.45


def render(mix: stitch.Mix, path_of: Callable[[Take], Path], start: int, end: int, target_lufs: float) -> list[bytes]:
    """Return the frames [start, end) of a mix, one by one.

    Raises UnreadableSound.
    """
    first, behind = (start - _AROUND) * FRAME_SAMPLES + _LATE, (end + _AROUND) * FRAME_SAMPLES + _LATE
    heard_from = max(0, first - _SETTLE)
    levels = master.Levels(target_lufs - MIX_LUFS + _LIMITED_DB)
    sound = stitch.sound_between(mix, path_of, heard_from, min(behind, mix.samples))
    samples: Block = np.concatenate([np.zeros(0, np.float32), *master.mastered(sound, levels)])
    samples /= np.float32(LAME_SCALE)
    samples = np.pad(samples[max(0, first - heard_from) :], (max(0, -first), 0))
    samples = np.pad(samples, (0, behind - first - len(samples)))
    if start == 0:
        # A decoder has nothing to join the very first frame with: what sounded in it would be heard distorted.
        samples[-first : -first + FRAME_SAMPLES] *= np.linspace(0, 1, FRAME_SAMPLES, dtype=np.float32) ** 2
    return _encoded(samples)[_AROUND : _AROUND + end - start]


def _encoded(samples: Block) -> list[bytes]:
    """Return the frames that whole frames of samples become."""
    encoder = av.CodecContext.create("libmp3lame", "w")
    encoder.bit_rate, encoder.sample_rate, encoder.layout = BITRATE_KBPS * 1000, MASTER_RATE, "mono"
    encoder.format = av.AudioFormat("fltp")
    encoder.options = {"reservoir": "0", "compression_level": str(QUALITY)}
    frames: list[bytes] = []
    try:
        _encode(encoder, samples, frames)
    except FFmpegError as error:
        message = f"the stream cannot be encoded: {error}"
        raise UnreadableSound(message) from error
    return frames


def _encode(encoder: av.AudioCodecContext, samples: Block, frames: list[bytes]) -> None:
    for at in range(0, len(samples), FRAME_SAMPLES):
        frame = av.AudioFrame.from_ndarray(samples[np.newaxis, at : at + FRAME_SAMPLES], "fltp", "mono")
        frame.sample_rate, frame.pts, frame.time_base = MASTER_RATE, at, Fraction(1, MASTER_RATE)
        frames += map(bytes, encoder.encode(frame))
    frames += map(bytes, encoder.encode(None))
