"""How long an MP3 is, by what is in it: tags and headers that say otherwise are not believed. Decodes nothing."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import av
from av.error import FFmpegError
from mutagen import MutagenError
from mutagen.mp3 import MPEGInfo

from briefing.errors import PageRefused

if TYPE_CHECKING:
    from pathlib import Path

#: Seconds within which an encoder's own word on where the sound ends is taken for that: delay and padding are less.
_GAP_S = 0.2


def seconds_of(path: Path) -> float:
    """Return the seconds of an MP3. Raises PageRefused for what is none.

    Counted frame by frame: hosts join a spot and an episode of two bit rates, where a guess from the first frame, or
    the head that an encoder left there, tells of the spot alone, and captions would be cut at its end.
    """
    counted = _counted(path)
    # Only the head knows how much of the first and last frames is no sound. It alone is read, and not the tag before
    # it, which would be unpacked whatever comes out.
    with suppress(MutagenError), path.open("rb") as file:
        told = MPEGInfo(file)
        if 0 <= counted - told.length < _GAP_S:
            return float(told.length)
    return counted


def _counted(path: Path) -> float:
    try:
        # The format is named, so that nothing else, such as a list of other files, is taken for one.
        with av.open(str(path), format="mp3", metadata_errors="replace") as container:
            sound = container.streams.audio[0]
            lengths = sum(packet.duration or 0 for packet in container.demux(sound))
            seconds = float(lengths * sound.time_base) if sound.time_base else 0.0
    except (FFmpegError, IndexError, ValueError) as error:
        raise _none() from error
    if not seconds:
        raise _none()
    return seconds


def _none() -> PageRefused:
    return PageRefused("this is no MP3", code="media_type_refused")
