"""Sound files: FLAC for what we keep, anything that libav reads for what we are given."""

from __future__ import annotations

import io
from itertools import chain
from typing import TYPE_CHECKING

import av
import numpy as np
import soundfile
from av.error import FFmpegError

from worker.sound import BLOCK_SAMPLES
from worker.sound.graph import samples_of
from worker.sound.resample import resampled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from io import RawIOBase
    from pathlib import Path

    from av.container import InputContainer

    from worker.sound import Block


#: What sound comes in. libav knows others that name further files and addresses to open (playlists, concat scripts):
#: what is uploaded must not make it read those.
_SOUND_ONLY = {
    "format_whitelist": "wav,w64,aiff,caf,au,flac,mp3,ogg,aac,ac3,asf,amr,ape,wv,tta,mpc,mpc8,"
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpeg,mpegts,avi",
    "protocol_whitelist": "file",
}


#: Hertz and channels of sound that people have. A file at 1 Hz would grow 44,100 times when it is resampled.
_LOWEST_RATE, _HIGHEST_RATE = 4_000, 768_000
_MOST_CHANNELS = 32


class UnreadableSound(Exception):
    """Raised when a file holds no sound that we can decode."""


def write_flac(path: Path, samples: Block, rate: int) -> None:
    """Write mono 16-bit FLAC. Raises OSError."""
    # By way of memory: libsndfile says of a full disk that something went wrong, or nothing at all when it closes the
    # file, and a cut file would be stored under its hash as if it were whole.
    content = io.BytesIO()
    soundfile.write(content, samples, rate, format="FLAC", subtype="PCM_16")
    path.write_bytes(content.getbuffer())


def read_flac(path: Path) -> Iterator[Block]:
    """Yield a mono FLAC file's blocks. Raises UnreadableSound."""
    try:
        with soundfile.SoundFile(path) as file:
            while len(block := file.read(BLOCK_SAMPLES, dtype="float32")):
                yield block
    except soundfile.LibsndfileError as error:
        message = f"{path.name}: {error}"
        raise UnreadableSound(message) from error


def decoded(path: Path, rate: int) -> Iterator[Block]:
    """Yield any sound file's blocks as mono at `rate`, honouring an MP3's Info header. Raises UnreadableSound."""
    try:
        with av.open(str(path), metadata_errors="replace", options=_SOUND_ONLY) as container:
            yield from _decoded(container, path.name, rate)
    except (FFmpegError, ValueError) as error:
        message = f"{path.name}: {error}"
        raise UnreadableSound(message) from error


def decoded_from(file: RawIOBase, kind: str, rate: int) -> Iterator[Block]:
    """Yield the blocks of a file of a known kind that can only be read on, as mono at `rate`. Raises
    UnreadableSound.
    """
    try:
        with av.open(file, mode="r", format=kind, metadata_errors="replace") as container:
            yield from _decoded(container, kind, rate)
    except FFmpegError as error:
        raise UnreadableSound(str(error)) from error


def _decoded(container: InputContainer, name: str, rate: int) -> Iterator[Block]:
    found = False
    for stream in container.streams.audio[:1]:
        for block in _gathered(_as_mono(container.decode(stream), rate)):
            found = True
            yield block
    if not found:
        message = f"{name} holds no sound"
        raise UnreadableSound(message)


def _as_mono(frames: Iterable[av.AudioFrame], rate: int) -> Iterator[Block]:
    frames = iter(frames)
    first = next(frames, None)
    if first is not None:
        _check(first)
        # PyAV's resampler has libav's short filter, which leaves images 15 to 38 dB below what is high at 16 or 32 kHz.
        yield from resampled(_mono(chain([first], frames), first.sample_rate), first.sample_rate, rate)


def _check(frame: av.AudioFrame) -> None:
    """Raise UnreadableSound for what nobody has."""
    if not _LOWEST_RATE <= frame.sample_rate <= _HIGHEST_RATE or frame.layout.nb_channels > _MOST_CHANNELS:
        message = f"{frame.layout.nb_channels} channels at {frame.sample_rate} Hz are more than sound needs"
        raise UnreadableSound(message)


def _mono(frames: Iterable[av.AudioFrame], rate: int) -> Iterator[Block]:
    resampler: av.AudioResampler | None = None
    for frame in frames:
        # Mono float, as from our own MP3s, needs no conversion.
        if resampler is None and _is_mono(frame, rate):
            yield samples_of(frame)
            continue
        _check(frame)
        resampler = resampler or av.AudioResampler("flt", "mono", rate)
        yield from map(samples_of, resampler.resample(frame))
    if resampler is not None:
        yield from map(samples_of, resampler.resample(None))


def _is_mono(frame: av.AudioFrame, rate: int) -> bool:
    return frame.sample_rate == rate and frame.layout.nb_channels == 1 and frame.format.name in {"flt", "fltp"}


def _gathered(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield the same samples in larger blocks: a decoder's are so small that handling them costs more than they do."""
    parts: list[Block] = []
    length = 0
    for block in blocks:
        parts.append(block)
        length += len(block)
        if length >= BLOCK_SAMPLES:
            yield np.concatenate(parts)
            parts, length = [], 0
    if parts:
        yield np.concatenate(parts)


def decoded_whole(path: Path, rate: int, most_s: float) -> Block:
    """Return a short file's samples at once. Raises UnreadableSound, also for more than `most_s` seconds."""
    blocks: list[Block] = []
    length = 0
    for block in decoded(path, rate):
        blocks.append(block)
        length += len(block)
        if length > most_s * rate:
            message = f"{path.name} is longer than {most_s:g} s"
            raise UnreadableSound(message)
    return np.concatenate(blocks)
