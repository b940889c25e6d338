"""Downloads an episode's MP3 and stores it, its bytes as they were. Writes no row."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from briefing.audio import MASTER_RATE, Master
from briefing.errors import PageRefused
from briefing.hashing import stable_hash
from worker.asking.download import download
from worker.moving.mp3_length import seconds_of

if TYPE_CHECKING:
    from worker.moving.move import Move
    from worker.moving.old_episode import OldEpisode

_AUDIO = frozenset({"audio/mpeg", "audio/mp3", "audio/x-mp3", "audio/x-mpeg", "audio/mpeg3", ""})

#: How far what a feed says of a length may be from the length, as a share of it and in seconds: feeds round.
_STRAYS, _ROUNDED_S = 0.02, 1.0


def kept_audio(move: Move, episode: OldEpisode) -> tuple[Master, tuple[str, ...]]:
    """Return the episode's MP3 as a master, and the addresses that it was found at behind the one that the feed has.

    Raises PageRefused for what is no MP3, and as `download` does.
    """
    place, bounds = move.place, move.bounds
    if episode.media_type not in _AUDIO:
        message = f"its audio is {episode.media_type}; only MP3s are taken over"
        raise PageRefused(message, code="media_type_refused")
    name = hashlib.sha256(f"{episode.guid}\n{episode.audio_address}".encode()).hexdigest()[:32]
    target = move.folder / f"{name}.mp3"
    patient = bounds.fetch.model_copy(update={"seconds": bounds.audio_s})
    fetcher = replace(move.fetcher("audio/mpeg"), bounds=patient, stall_s=bounds.fetch.seconds)
    behind = download(fetcher, episode.audio_address, target, int(bounds.audio_mb * 1_000_000))
    try:
        seconds = seconds_of(target)
    except PageRefused:
        # What is no MP3 now may be one when it is asked for again.
        target.unlink()
        raise
    _compare(move, episode, seconds)
    size = target.stat().st_size
    # Into the storage's own disk first: from there it is moved in one go.
    inside = place.storage.temporary(".mp3")
    shutil.move(target, inside)
    sha256 = place.storage.put(inside)
    master = Master(
        key=stable_hash("imported-master/1", sha256),
        sha256=sha256,
        bytes=size,
        samples=round(seconds * MASTER_RATE),
        loudness_lufs=None,
        true_peak_dbtp=None,
        cues=(),
    )
    return master, behind


def _compare(move: Move, episode: OldEpisode, seconds: float) -> None:
    """Warn where the feed says another length: it may be cut off, or another file than was meant."""
    told = episode.duration_s
    if told and abs(told - seconds) > max(_STRAYS * max(told, seconds), _ROUNDED_S):
        move.warnings.append(f"{episode.title!r} is {seconds:.0f} s long; its feed says {told:.0f} s")
