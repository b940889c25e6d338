"""Chunk -> Take: has the engine speak, trims and evens the sound, times its words, stores it under the chunk's key.

A take is whole, and passed its check, or is not kept (`worker.takes.retakes`). Decides nothing about pauses and
levels, nor what is spoken when.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefing.audio import Take
from briefing.storage import refused
from worker.sound.edges import trimmed
from worker.sound.files import write_flac
from worker.sound.level import evened
from worker.sound.loudness import loudness_of
from worker.takes.retakes import pronunciations_for, spoken
from worker.timing import joined, moved, timed

if TYPE_CHECKING:
    from briefing.speech import Chunk
    from briefing.storage import BlobStorage
    from voices.catalogue import Voice
    from voices.engine import Engine


@dataclass(frozen=True)
class Speaker:
    """An engine with one of its voices."""

    engine: Engine
    voice: Voice


def speak(chunk: Chunk, speaker: Speaker, storage: BlobStorage) -> Take:
    """Return the chunk's take, stored.

    Raises TakeRejected when no try passes its check, StorageUnavailable, and what the engine raises.
    """
    marks = pronunciations_for(chunk, speaker.engine)
    parts = spoken(chunk, speaker.engine, speaker.voice)
    (samples, told), rate, cut = joined(parts), parts[0].rate, 0
    if not speaker.engine.capabilities.silent:
        samples, cut = trimmed(samples, rate)
        samples = evened(samples, rate)
    words, timing = timed(chunk.spoken, samples, rate, speaker.voice.language, moved(told, samples=-cut), marks)
    loudness = loudness_of(samples, rate)
    path = storage.temporary(".flac")
    try:
        write_flac(path, samples, rate)
        sha256 = storage.put(path)
    except OSError as error:
        message = "cannot store a take"
        raise refused(message, error) from error
    finally:
        path.unlink(missing_ok=True)
    return Take(
        key=chunk.key,
        sha256=sha256,
        rate=rate,
        samples=len(samples),
        loudness_lufs=loudness,
        words=words,
        timing=timing,
    )
