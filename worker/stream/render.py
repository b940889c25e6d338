"""A mix whose end is not known yet -> MP3 frames of a part of it, as they would stand in the whole.

Each frame holds its own bits (LAME's reservoir is off), and a part is encoded with what is before and behind it, which
is then left out: so parts that are made by different workers at different times make one stream. Levels are fixed
beforehand: what the whole will measure nobody knows yet.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import islice
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
    from collections.abc import Callable, Iterable, Iterator
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


def render(
    mix: stitch.Mix, path_of: Callable[[Take], Path], start: int, end: int, target_lufs: float
) -> Iterator[bytes]:
    """Yield the frames [start, end) of a mix, one by one; holds a few of them at a time, however many they are.

    Raises UnreadableSound.
    """
    sound = _sound(mix, path_of, (start - _AROUND, end + _AROUND), target_lufs)
    yield from islice(_encoded(_framed(sound)), _AROUND, _AROUND + end - start)


def _sound(
    mix: stitch.Mix, path_of: Callable[[Take], Path], frames: tuple[int, int], target_lufs: float
) -> Iterator[Block]:
    """Yield what is encoded as these frames, with silence before the mix and behind it."""
    first, behind = (frame * FRAME_SAMPLES + _LATE for frame in frames)
    heard_from = max(0, first - _SETTLE)
    levels = master.Levels(target_lufs - MIX_LUFS + _LIMITED_DB)
    yield np.zeros(max(0, -first), dtype=np.float32)
    at = heard_from
    for block in master.mastered(stitch.sound_between(mix, path_of, heard_from, min(behind, mix.samples)), levels):
        sound = block[max(0, first - at) :] / np.float32(LAME_SCALE)
        if first < 0 and at < FRAME_SAMPLES:
            # A decoder has nothing to join the very first frame with: what sounded in it would be heard distorted.
            sound *= np.clip(np.arange(at, at + len(sound)) / (FRAME_SAMPLES - 1), 0, 1).astype(np.float32) ** 2
        at += len(block)
        yield sound
    yield np.zeros(behind - max(at, first), dtype=np.float32)


def _framed(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield the same samples in blocks as long as a frame."""
    rest: Block = np.zeros(0, dtype=np.float32)
    for block in blocks:
        rest = np.concatenate((rest, block))
        whole = len(rest) // FRAME_SAMPLES * FRAME_SAMPLES
        yield from rest[:whole].reshape(-1, FRAME_SAMPLES)
        rest = rest[whole:]


def _encoded(samples: Iterable[Block]) -> Iterator[bytes]:
    """Yield the frames that whole frames of samples become."""
    encoder = av.CodecContext.create("libmp3lame", "w")
    encoder.bit_rate, encoder.sample_rate, encoder.layout = BITRATE_KBPS * 1000, MASTER_RATE, "mono"
    encoder.format = av.AudioFormat("fltp")
    encoder.options = {"reservoir": "0", "compression_level": str(QUALITY)}
    try:
        for number, block in enumerate(samples):
            frame = av.AudioFrame.from_ndarray(block[np.newaxis], "fltp", "mono")
            frame.sample_rate, frame.time_base = MASTER_RATE, Fraction(1, MASTER_RATE)
            frame.pts = number * FRAME_SAMPLES
            yield from map(bytes, encoder.encode(frame))
        yield from map(bytes, encoder.encode(None))
    except FFmpegError as error:
        message = f"the stream cannot be encoded: {error}"
        raise UnreadableSound(message) from error
