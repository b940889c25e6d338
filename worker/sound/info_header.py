"""The Info header of an MP3: a first frame without sound that says how long the file is and what to cut off its ends.

Layout after the Xing header and its LAME extension (gabriel.mp3-tech.org/mp3infotag.html). Players without it guess the
duration from the bit rate, and leave the encoder's 26 ms of silence at the start. Only for what we write: MPEG-1 layer
III, mono, 44.1 kHz, 96 kbit/s, constant bit rate.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import fastcrc

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Samples in an MPEG-1 layer III frame.
FRAME_SAMPLES = 1152

#: MPEG-1 layer III, no CRC, 96 kbit/s, 44.1 kHz, not padded, mono, original.
_FRAME_START = bytes.fromhex("fffb70c4")

#: Length of an unpadded frame: 144 * 96,000 / 44,100 bytes.
HEADER_BYTES = 313

#: Side information of a mono frame; the header begins behind it.
_SIDE_BYTES = 17

#: Samples LAME puts before the first of ours, and what a decoder adds to both ends (decoder delay).
ENCODER_DELAY = 576
DECODER_DELAY = 529

#: Frames, bytes, table of contents and quality are all given.
_ALL_FIELDS = 0x0F

#: LAME's figure for its quality setting: 100 - 10 * 4 (its default VBR level, unused) - 7.
_QUALITY_FIGURE = 53

_ENCODER = b"LAME3.100"
_METHOD_CBR = 0x01
_NOT_KNOWN = 0

#: Source sampled at 44.1 kHz (bits 6-7 = 01), mono (bits 2-4 = 000).
_SOURCE_44100_MONO = 0x40


def info_frame(audio: Iterable[bytes], samples: int) -> bytes:
    """Return the header frame for a stream of audio frames that holds `samples` samples of programme.

    `audio` is read through once, in blocks of any size. Raises ValueError when the frames cannot hold the programme.
    """
    size, checksum, frames = _scan(audio)
    padding = frames * FRAME_SAMPLES - ENCODER_DELAY - samples
    if not DECODER_DELAY <= padding < 1 << 12:
        message = f"{frames} frames do not fit {samples} samples"
        raise ValueError(message)
    total = size + HEADER_BYTES
    head = b"".join(
        (
            _FRAME_START,
            bytes(_SIDE_BYTES),
            struct.pack(">4sIII", b"Info", _ALL_FIELDS, frames, total),
            bytes(percent * 256 // 100 for percent in range(100)),
            struct.pack(">I", _QUALITY_FIGURE),
            _ENCODER,
            bytes((_METHOD_CBR, _NOT_KNOWN)),  # method, low-pass
            bytes(8),  # peak and replay gain: not stated
            bytes((_NOT_KNOWN, 96)),  # flags, bit rate
            (ENCODER_DELAY << 12 | padding).to_bytes(3, "big"),
            bytes((_SOURCE_44100_MONO, 0)),  # source, MP3 gain
            bytes(2),  # preset and surround
            struct.pack(">IH", total, checksum),
        )
    )
    own = fastcrc.crc16.arc(head)  # the frame from its first byte to here
    return (head + own.to_bytes(2, "big")).ljust(HEADER_BYTES, b"\0")


def _scan(audio: Iterable[bytes]) -> tuple[int, int, int]:
    """Return (bytes, CRC-16, frames) of an audio stream whose frames all have our bit rate."""
    size = checksum = 0
    for block in audio:
        checksum = fastcrc.crc16.arc(block, checksum)
        size += len(block)
    # A frame is 144 * 96,000 / 44,100 = 313 + 23/49 bytes on average; the last may be short by its padding byte.
    return size, checksum, round(size * 49 / (HEADER_BYTES * 49 + 23))
