"""Chunk -> Take: has the engine speak, checks, trims and evens the sound, times its words, and stores it under its key.

A take is whole or not kept. Decides nothing about pauses, levels or what is spoken when.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from briefing.audio import Take
from briefing.errors import StorageUnavailable, TakeRejected
from voices.engine import Pronunciation
from worker.sound import decibels
from worker.sound.edges import trimmed
from worker.sound.files import write_flac
from worker.sound.level import evened
from worker.sound.loudness import measure
from worker.timing import joined, moved, timed

if TYPE_CHECKING:
    from briefing.speech import Chunk
    from briefing.storage import BlobStorage
    from voices.catalogue import Voice
    from voices.engine import Engine, Word
    from worker.sound import Block

#: Quieter than this on the whole is not speech (guarantees F15).
_SILENT_DBFS = -50.0

#: Seconds a take may last per spoken character, and on top for very short texts. A newsreader needs 0.06.
_SECONDS_PER_CHARACTER = (0.015, 0.25)
_SPARE_S = 2.0

#: So many samples in a row at full scale are a clipped wave; a single one is a loud moment.
_CLIPPED_RUN = 4
_FULL_SCALE = 0.999


@dataclass(frozen=True)
class Speaker:
    """An engine with one of its voices."""

    engine: Engine
    voice: Voice


def speak(chunk: Chunk, speaker: Speaker, storage: BlobStorage) -> Take:
    """Return the chunk's take, stored.

    Raises TakeRejected when the sound fails its check, StorageUnavailable, and what the engine raises.
    """
    samples, rate, told = _spoken(chunk, speaker)
    cut = 0
    if not speaker.engine.capabilities.silent:
        _check(samples, rate, chunk)
        samples, cut = trimmed(samples, rate)
        samples = evened(samples, rate)
    marks = _pronunciations(chunk, speaker)
    words, timing = timed(chunk.spoken, samples, rate, speaker.voice.language, moved(told, samples=-cut), marks)
    loudness = measure([samples], rate).integrated_lufs
    path = storage.temporary(".flac")
    try:
        write_flac(path, samples, rate)
        sha256 = storage.put(path)
    except OSError as error:
        message = f"cannot store a take: {error}"
        raise StorageUnavailable(message) from error
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


def _pronunciations(chunk: Chunk, speaker: Speaker) -> list[Pronunciation]:
    """Return those that the engine is given."""
    marks = chunk.pronunciations if speaker.engine.capabilities.phoneme_input else ()
    return [Pronunciation(mark.start, mark.end, mark.ipa) for mark in marks]


def _spoken(chunk: Chunk, speaker: Speaker) -> tuple[Block, int, list[Word]]:
    """Return the engine's sound, its rate, and the words it tells of."""
    capabilities = speaker.engine.capabilities
    # An engine of a third party that can do neither need not know of either.
    said: dict[str, Any] = {}
    if marks := _pronunciations(chunk, speaker):
        said["pronunciations"] = marks
    if capabilities.variations:
        said["variation"] = chunk.variation
    parts = list(speaker.engine.synthesize(chunk.spoken, speaker.voice, **said))
    rates = {part.rate for part in parts}
    if len(rates) != 1:
        message = f"the engine gave {'sound at several rates' if rates else 'no sound'} for {chunk.spoken[:60]!r}"
        raise TakeRejected(message)
    samples, words = joined(parts)
    return samples, rates.pop(), words


def _check(samples: Block, rate: int, chunk: Chunk) -> None:
    """Raise TakeRejected for sound that is not speech of about the right length."""
    if not len(samples) or not np.all(np.isfinite(samples)):
        fault = "has samples that are no numbers" if len(samples) else "is empty"
    elif decibels(float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))) < _SILENT_DBFS:
        fault = "is silent"
    elif _clipped(samples):
        fault = "is clipped"
    elif not _plausible(len(samples) / rate, chunk.characters):
        fault = f"lasts {len(samples) / rate:.1f} s for {chunk.characters} characters"
    else:
        return
    message = f"the take of {chunk.spoken[:60]!r} {fault}"
    raise TakeRejected(message)


def _clipped(samples: Block) -> bool:
    """Tell whether the wave stays at full scale anywhere, or goes beyond it."""
    full = np.abs(samples) >= _FULL_SCALE
    runs = np.convolve(full, np.ones(_CLIPPED_RUN, dtype=np.int64), mode="valid") if len(full) >= _CLIPPED_RUN else full
    return bool(np.any(runs == _CLIPPED_RUN) or np.max(np.abs(samples)) > 1.0)


def _plausible(seconds: float, characters: int) -> bool:
    shortest, longest = _SECONDS_PER_CHARACTER
    return shortest * characters <= seconds <= longest * characters + _SPARE_S
