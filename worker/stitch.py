"""Takes + jingles -> Mix: a plan in samples of the master, its cues, and the stream of its sound.

The plan is arithmetic on lengths alone, so cues, chapters and duration are known before a sample is touched and agree
with the sound by construction. The stream reads one take at a time. Sets levels of parts against one another, not the
programme's loudness.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from briefing.audio import MASTER_RATE, Cue
from briefing.values import Role
from worker import jingle
from worker.cues import Placed, place_cues
from worker.sound import amplitude
from worker.sound.edges import KEEP_AFTER_MS, KEEP_BEFORE_MS
from worker.sound.files import read_flac
from worker.sound.loudness import mean_loudness
from worker.sound.resample import resampled, resampled_length

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from briefing.audio import Take
    from briefing.show import Pauses, Show
    from briefing.speech import Chunk
    from briefing.values import Script, Segment
    from worker.jingle import Jingle
    from worker.sound import Block

#: Loudness of every part in the mix; low enough that nothing nears full scale before mastering.
MIX_LUFS = -23.0

#: Silence between the last words and the outro, and without jingles before the first and after the last words.
_BEFORE_OUTRO_MS = 500
_EDGE_MS = 150

#: Part of every master key: rises with whatever changes how the parts are mixed.
VERSION = 2

#: Roles whose end is to be heard as the end of a list.
_LISTED = frozenset({Role.KEY_POINT, Role.LIST_ITEM})

#: Every take fades in and out this long, so that a cut edge cannot click.
_FADE_MS = 5


@dataclass(frozen=True)
class Mix:
    """The plan of a programme."""

    placed: tuple[Placed, ...]
    intro: Jingle | None
    outro: Jingle | None
    voice_gain_db: float
    outro_start: int
    samples: int
    cues: tuple[Cue, ...]


def plan(
    script: Script,
    chunks: Sequence[Chunk],
    takes: Mapping[str, Take],
    show: Show,
    intro: Jingle | None,
    outro: Jingle | None,
) -> Mix:
    """Return where everything stands. `takes` holds a take for every chunk's key."""
    placed = _placed(script, chunks, takes, show.pauses, intro.voice_in if intro else _samples(_EDGE_MS))
    words_end = placed[-1].start + placed[-1].length
    end = max(words_end, intro.opening_samples if intro else 0)
    outro_start = end + _samples(_BEFORE_OUTRO_MS) if outro else end
    total = outro_start + len(outro.samples) if outro else end + _samples(_EDGE_MS)
    loudness = mean_loudness(
        (take.loudness_lufs, take.seconds) for take in (part.take for part in placed) if take.loudness_lufs is not None
    )
    return Mix(
        placed=tuple(placed),
        intro=intro,
        outro=outro,
        voice_gain_db=MIX_LUFS - loudness if loudness is not None else 0.0,
        outro_start=outro_start,
        samples=total,
        cues=tuple(place_cues(script, chunks, placed, total)),
    )


def _samples(milliseconds: int) -> int:
    return milliseconds * MASTER_RATE // 1000


def _placed(
    script: Script, chunks: Sequence[Chunk], takes: Mapping[str, Take], pauses: Pauses, start: int
) -> list[Placed]:
    segments = {segment.id: segment for segment in script.segments}
    placed: list[Placed] = []
    before: Segment | None = None
    for chunk in chunks:
        segment = segments[chunk.segment]
        if before is not None:
            start += _pause(before, segment, pauses)
        take = takes[chunk.key]
        length = resampled_length(take.samples, take.rate, MASTER_RATE)
        placed.append(Placed(take, start, length))
        start += length
        before = segment
    return placed


def _pause(before: Segment, after: Segment, pauses: Pauses) -> int:
    """Return the samples between two takes, so that the silence between their sounds is what structure asks for."""
    return max(0, _samples(_pause_ms(before, after, pauses) - KEEP_AFTER_MS - KEEP_BEFORE_MS))


def _pause_ms(before: Segment, after: Segment, pauses: Pauses) -> int:
    """Return the silence between two chunks: it belongs to structure, not to the engine."""
    if before.id == after.id:
        return pauses.sentence
    if before.article != after.article:
        return pauses.article
    if after.role is Role.HEADING:
        return pauses.before_heading
    if before.role in _LISTED and after.role is not before.role:
        return pauses.after_list
    return int(getattr(pauses, before.role.value))


def sound(mix: Mix, path_of: Callable[[Take], Path]) -> Iterator[Block]:
    """Yield the mix's blocks, `mix.samples` samples in all. `path_of` gives a take's FLAC file."""
    voice = _voice(mix, path_of)
    if mix.intro is not None:
        first, voice = _taken(voice, mix.intro.opening_samples)
        yield jingle.opening(mix.intro, first[mix.intro.voice_in :], MIX_LUFS)
    yield from voice
    if mix.outro is not None:
        yield jingle.levelled(mix.outro, MIX_LUFS)


def _voice(mix: Mix, path_of: Callable[[Take], Path]) -> Iterator[Block]:
    """Yield the voice from the programme's first sample to where the outro or the end stands, silence included."""
    gain = np.float32(amplitude(mix.voice_gain_db))
    position = 0
    for part in mix.placed:
        yield from _silence(part.start - position)
        yield from _take(part, path_of(part.take), gain)
        position = part.start + part.length
    yield from _silence((mix.outro_start if mix.outro else mix.samples) - position)


def _take(part: Placed, path: Path, gain: np.float32) -> Iterator[Block]:
    fade = min(_samples(_FADE_MS), part.length // 2)
    ramp = np.linspace(0, 1, fade, endpoint=False, dtype=np.float32)
    done = 0
    for block in resampled(read_flac(path), part.take.rate, MASTER_RATE):
        loud = block * gain
        _fade(loud, ramp, done)
        _fade(loud[::-1], ramp, part.length - done - len(loud))
        done += len(loud)
        yield loud


def _fade(block: Block, ramp: Block, offset: int) -> None:
    """Fade in `block`, which begins `offset` samples into what is faded, in place."""
    if offset < len(ramp):
        length = min(len(block), len(ramp) - offset)
        block[:length] *= ramp[offset : offset + length]


def _silence(samples: int) -> Iterator[Block]:
    if samples > 0:
        yield np.zeros(samples, dtype=np.float32)


def _taken(blocks: Iterator[Block], samples: int) -> tuple[Block, Iterator[Block]]:
    """Return the first `samples` of a stream, and the rest of it."""
    parts: list[Block] = []
    length = 0
    for block in blocks:
        parts.append(block)
        length += len(block)
        if length >= samples:
            break
    whole = np.concatenate(parts)

    def rest() -> Iterator[Block]:
        if len(whole) > samples:
            yield whole[samples:]
        yield from blocks

    return whole[:samples], rest()
