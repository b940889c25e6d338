"""Mastered blocks -> an MP3 file: mono, 44.1 kHz, 96 kbit/s CBR, gapless and seekable by its Info header.

LAME comes from lameenc, which measured two to three times as fast as the LAME inside PyAV; it writes no header, so
ours is written into a first frame that is kept free for it. Encodes once, to a seekable file; tags nothing.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

import lameenc
import numpy as np

from briefing.audio import MASTER_RATE
from worker.sound.info_header import FRAME_SAMPLES, HEADER_BYTES, info_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from worker.sound import Block

#: Kilobits a second: Apple recommends 96 to 128 for mono.
BITRATE_KBPS = 96

#: LAME's quality level, 0 best to 9 fastest; chosen by measurement, see decisions.md.
QUALITY = 7

#: LAME's preset for 96 kbit/s turns its input down by this without being asked (its abr_switch_map); undone here, or
#: every file would miss its loudness by 0.45 LU. A test holds the level in to the level out.
LAME_SCALE = 0.95

#: Part of every master key: another encoder or setting makes other bytes.
VERSION = f"lameenc-3.100/q{QUALITY}/{BITRATE_KBPS}k/2"


def encode(blocks: Iterable[Block], path: Path, written: Callable[[bytes], None] = lambda _: None) -> int:
    """Write the MP3 and return how many samples it decodes to. Raises OSError.

    `written` is given the audio frames as they are written, the header left out, for whoever listens meanwhile.
    """
    encoder = lameenc.Encoder()
    encoder.set_bit_rate(BITRATE_KBPS)
    encoder.set_in_sample_rate(MASTER_RATE)
    encoder.set_channels(1)
    encoder.set_quality(QUALITY)
    encoder.silence()
    samples = 0
    with path.open("xb") as file:
        file.write(bytes(HEADER_BYTES))
        for block in blocks:
            samples += len(block)
            written(_write(file, encoder.encode(_integers(block).tobytes())))
        written(_write(file, encoder.flush()))
    _write_header(path, samples)
    return samples


def _write(file: IO[bytes], frames: bytes | bytearray) -> bytes:
    file.write(frames)
    return bytes(frames)


def _integers(block: Block) -> NDArray[np.int16]:
    loud: Block = np.rint(block * np.float32(32767 / LAME_SCALE))
    return np.clip(loud, -32768, 32767).astype(np.int16)


def _write_header(path: Path, samples: int) -> None:
    with path.open("r+b") as file:
        file.seek(HEADER_BYTES)
        header = info_frame(iter(lambda: file.read(1 << 20), b""), samples)
        file.seek(0)
        file.write(header)


__all__ = ["BITRATE_KBPS", "FRAME_SAMPLES", "QUALITY", "VERSION", "encode"]
