"""Chunk -> Take: has the engine speak, checks and trims the sound, and stores it under the chunk's key.

A take is whole or not kept. Decides nothing about pauses, levels or what is spoken when.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from briefing.errors import StorageUnavailable, TakeRejected
from briefing.values import Take
from worker.sound import amplitude, decibels
from worker.sound.files import write_flac
from worker.sound.loudness import measure

if TYPE_CHECKING:
    from briefing.storage import BlobStorage
    from briefing.values import Chunk
    from voices.catalogue import Voice
    from voices.engine import Engine
    from worker.sound import Block

#: Quieter than this on the whole is not speech (guarantees F15).
_SILENT_DBFS = -50.0

#: Seconds a take may last per spoken character, and on top for very short texts. A newsreader needs 0.06.
_SECONDS_PER_CHARACTER = (0.015, 0.25)
_SPARE_S = 2.0

#: Edges this far below the take's loud parts are silence to be trimmed, for a pause's length is ours to set; a breath
#: of each stays, so that soft consonants do.
_EDGE_DB = -38.0
_FRAME_MS = 10
_KEEP_BEFORE_MS = 30
_KEEP_AFTER_MS = 70


@dataclass(frozen=True)
class Speaker:
    """An engine with one of its voices."""

    engine: Engine
    voice: Voice


def speak(chunk: Chunk, speaker: Speaker, storage: BlobStorage) -> Take:
    """Return the chunk's take, stored.

    Raises TakeRejected when the sound fails its check, StorageUnavailable, and what the engine raises.
    """
    samples, rate = _spoken(chunk, speaker)
    if not speaker.engine.capabilities.silent:
        _check(samples, rate, chunk)
        samples = trimmed(samples, rate)
    path = storage.temporary(".flac")
    try:
        write_flac(path, samples, rate)
    except OSError as error:
        path.unlink(missing_ok=True)
        message = f"cannot store a take: {error}"
        raise StorageUnavailable(message) from error
    return Take(
        key=chunk.key,
        sha256=storage.put(path),
        rate=rate,
        samples=len(samples),
        loudness_lufs=measure([samples], rate).integrated_lufs,
    )


def _spoken(chunk: Chunk, speaker: Speaker) -> tuple[Block, int]:
    parts = list(speaker.engine.synthesize(chunk.spoken, speaker.voice))
    rates = {part.rate for part in parts}
    if len(rates) != 1:
        message = f"the engine gave {'sound at several rates' if rates else 'no sound'} for {chunk.spoken[:60]!r}"
        raise TakeRejected(message)
    return np.concatenate([part.samples for part in parts]), rates.pop()


def _check(samples: Block, rate: int, chunk: Chunk) -> None:
    """Raise TakeRejected for sound that is not speech of about the right length."""
    if not len(samples) or not np.all(np.isfinite(samples)):
        fault = "has samples that are no numbers" if len(samples) else "is empty"
    elif decibels(float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))) < _SILENT_DBFS:
        fault = "is silent"
    elif np.max(np.abs(samples)) > 1.0:
        fault = "is clipped"
    elif not _plausible(len(samples) / rate, chunk.characters):
        fault = f"lasts {len(samples) / rate:.1f} s for {chunk.characters} characters"
    else:
        return
    message = f"the take of {chunk.spoken[:60]!r} {fault}"
    raise TakeRejected(message)


def _plausible(seconds: float, characters: int) -> bool:
    shortest, longest = _SECONDS_PER_CHARACTER
    return shortest * characters <= seconds <= longest * characters + _SPARE_S


def trimmed(samples: Block, rate: int) -> Block:
    """Return the samples without the silence at their edges, by a threshold relative to their own level."""
    frame = rate * _FRAME_MS // 1000
    frames = samples[: len(samples) // frame * frame].reshape(-1, frame)
    if not len(frames):
        return samples
    levels = np.sqrt(np.mean(np.square(frames, dtype=np.float64), axis=1))
    loud = np.flatnonzero(levels > np.percentile(levels, 95) * amplitude(_EDGE_DB))
    if not len(loud):
        return samples
    start = max(0, int(loud[0]) * frame - rate * _KEEP_BEFORE_MS // 1000)
    end = min(len(samples), (int(loud[-1]) + 1) * frame + rate * _KEEP_AFTER_MS // 1000)
    return samples[start:end]
