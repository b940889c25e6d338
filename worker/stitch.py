"""Takes + jingles -> Mix: a plan in samples of the master, its cues, and the stream of its sound.

The plan is arithmetic on lengths alone, so cues, chapters and duration are known before a sample is touched and agree
with the sound by construction. The stream reads one take at a time. Sets levels of parts against one another, not the
programme's loudness.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import TYPE_CHECKING

import numpy as np

from briefing.audio import MASTER_RATE, Cue
from briefing.script import HEAD, Role
from worker.sound import BLOCK_SAMPLES, amplitude
from worker.sound.duck import AHEAD_MS
from worker.sound.edges import KEEP_AFTER_MS, KEEP_BEFORE_MS
from worker.sound.files import read_flac
from worker.sound.jingle import Jingles
from worker.sound.level import gain_db
from worker.sound.music import MusicSpan, with_music
from worker.sound.resample import resampled, resampled_length
from worker.transcript.cues import Placed, place_cues

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from briefing.audio import Take
    from briefing.podcasts.pauses import Pauses
    from briefing.podcasts.show import Show
    from briefing.script import Script, Segment
    from briefing.speech import Chunk
    from worker.sound import Block
    from worker.sound.jingle import Jingle

#: Silence before the outro and before a transition, and without jingles before the first and after the last words.
_BEFORE_MUSIC_MS = 500
_EDGE_MS = 150

#: Longest silence inside an article that is asked for: with the faint edges that takes keep (`worker.sound.edges`),
#: 220 ms at most, a listener hears up to 1.2 s.
_LONGEST_GAP_MS = 950

#: Part of every master key: rises with whatever changes how the parts are mixed.
VERSION = 4

#: Roles whose end is to be heard as the end of a list.
_LISTED = frozenset({Role.KEY_POINT, Role.LIST_ITEM})

#: Roles that pause as another does: shows have no settings for theirs.
_PAUSE_AS = {
    Role.CORRECTION: Role.DISCLOSURE,
    Role.GREETING: Role.BYLINE,
    Role.TRANSITION: Role.BYLINE,
    Role.OUTRO: Role.DISCLOSURE,
    Role.SUMMARY: Role.BODY,
}

#: Every take fades in and out this long, so that a cut edge cannot click.
_FADE_MS = 10


#: A programme of so many seconds is measured whole before it is mastered; of a longer one so many are.
_SHORT_S = 90
_EXCERPT_S = 60


@dataclass(frozen=True)
class Sounds:
    """What a programme sounds with."""

    jingles: Jingles = field(default_factory=Jingles)
    voices: Mapping[str, float] = field(default_factory=dict)
    """Loudness of voices in LUFS, by catalogue ID; of those whose loudness is known."""


@dataclass(frozen=True)
class Mix:
    """The plan of a programme."""

    placed: tuple[Placed, ...]
    gains_db: tuple[float, ...]
    """Of each take, in the order of `placed`; by the take and its voice alone."""
    music: tuple[MusicSpan, ...]
    samples: int
    cues: tuple[Cue, ...]


def plan(
    script: Script, chunks: Sequence[Chunk], takes: Mapping[str, Take], show: Show, sounds: Sounds | None = None
) -> Mix:
    """Return where everything stands. `takes` holds a take for every chunk's key."""
    sounds = sounds or Sounds()
    placed, music = _placed(script, chunks, takes, show.pauses, sounds.jingles)
    end = max([placed[-1].start + placed[-1].length, *(span.end for span in music)])
    if sounds.jingles.bed is not None:
        music.append(_bed(script, chunks, placed, show, sounds.jingles.bed))
    if outro := sounds.jingles.outro:
        start = max([end + _samples(_BEFORE_MUSIC_MS), *(span.end for span in music)])
        music.append(MusicSpan("outro", outro, start, start + len(outro.samples)))
    total = max([end + _samples(_EDGE_MS), *(span.end for span in music)])
    return Mix(
        placed=tuple(placed),
        gains_db=_gains_db(chunks, placed, sounds),
        music=tuple(sorted(music, key=lambda span: span.start)),
        samples=total,
        cues=tuple(place_cues(script, chunks, placed, total)),
    )


def begun(
    script: Script, chunks: Sequence[Chunk], takes: Mapping[str, Take], show: Show, sounds: Sounds
) -> tuple[Mix, int]:
    """Return the plan of a programme as far as the takes of its first chunks are there, and the sample before which
    nothing changes any more, whatever follows. Of a show without a bed, which waits for the end of what it lies under.
    """
    there = list(takewhile(lambda chunk: chunk.key in takes, chunks))
    placed, music = _placed(script, there, takes, show.pauses, sounds.jingles)
    opening = sounds.jingles.opening
    end = placed[-1].start + placed[-1].length if placed else opening.voice_in if opening else 0
    samples = max([end, *(span.end for span in music)])
    # Music that rings on gives way before the next word begins, whenever that is.
    sure = end if samples == end else max(0, end - _samples(AHEAD_MS))
    return Mix(tuple(placed), _gains_db(there, placed, sounds), tuple(music), samples, ()), sure


def _gains_db(chunks: Sequence[Chunk], placed: Sequence[Placed], sounds: Sounds) -> tuple[float, ...]:
    return tuple(
        gain_db(part.take.loudness_lufs, part.take.seconds, sounds.voices.get(chunk.voice))
        for chunk, part in zip(chunks, placed, strict=True)
    )


def _samples(milliseconds: int) -> int:
    return milliseconds * MASTER_RATE // 1000


def _placed(
    script: Script, chunks: Sequence[Chunk], takes: Mapping[str, Take], pauses: Pauses, jingles: Jingles
) -> tuple[list[Placed], list[MusicSpan]]:
    """Return where the takes stand, and the music they stand after: the opening, and a transition between articles."""
    segments = {segment.id: segment for segment in script.segments}
    placed: list[Placed] = []
    music: list[MusicSpan] = []
    start = _samples(_EDGE_MS)
    if opening := jingles.opening:
        start = opening.voice_in
        music.append(MusicSpan("mark" if jingles.mark else "intro", opening, 0, opening.opening_samples))
    before: Segment | None = None
    for chunk in chunks:
        segment = segments[chunk.segment]
        if before is not None and before.article != segment.article and (change := jingles.transition):
            start += _samples(_BEFORE_MUSIC_MS)
            music.append(MusicSpan("transition", change, start, start + change.opening_samples))
            start += change.voice_in
        elif before is not None:
            start += _pause(before, segment, pauses)
        take = takes[chunk.key]
        length = resampled_length(take.samples, take.rate, MASTER_RATE)
        placed.append(Placed(take, start, length))
        start += length
        before = segment
    return placed, music


def _bed(script: Script, chunks: Sequence[Chunk], placed: Sequence[Placed], show: Show, bed: Jingle) -> MusicSpan:
    """Return where the bed lies: from the first words to the end of those it is for, and a pause more to fade in."""
    last = len(placed) - 1
    if show.bed_under == "head":
        segments = {segment.id: segment for segment in script.segments}
        head = [number for number, chunk in enumerate(chunks) if segments[chunk.segment].role not in HEAD]
        last = max(0, head[0] - 1) if head else last
    end = placed[last].start + placed[last].length + _samples(_BEFORE_MUSIC_MS)
    return MusicSpan("bed", bed, placed[0].start, end)


def _pause(before: Segment, after: Segment, pauses: Pauses) -> int:
    """Return the samples between two takes, so that the silence between their sounds is what structure asks for."""
    return max(0, _samples(_pause_ms(before, after, pauses) - KEEP_AFTER_MS - KEEP_BEFORE_MS))


def _pause_ms(before: Segment, after: Segment, pauses: Pauses) -> int:
    """Return the silence between two chunks: it belongs to structure, not to the engine."""
    if before.article != after.article:
        return pauses.article
    if before.id == after.id:
        asked = pauses.sentence
    elif after.role in {Role.HEADING, Role.OUTRO}:
        asked = pauses.before_heading
    elif before.role in _LISTED and after.role is not before.role:
        asked = pauses.after_list
    else:
        asked = int(getattr(pauses, _PAUSE_AS.get(before.role, before.role).value))
    return min(asked, _LONGEST_GAP_MS)


def sound(mix: Mix, path_of: Callable[[Take], Path]) -> Iterator[Block]:
    """Yield the mix's blocks, `mix.samples` samples in all. `path_of` gives a take's FLAC file."""
    return with_music(_voice(mix, path_of), mix.music)


def sound_between(mix: Mix, path_of: Callable[[Take], Path], start: int, end: int) -> Iterator[Block]:
    """Yield the samples [start, end) of the mix. Reads the takes around them alone."""
    begin = max((part.start for part in mix.placed if part.start <= start), default=0)
    for span in reversed(mix.music):
        # Music gives way to all the words that it has heard: it is followed from where it begins.
        if span.start < begin < span.end:
            begin = span.start
    near = [
        (replace(part, start=part.start - begin), gain)
        for part, gain in zip(mix.placed, mix.gains_db, strict=True)
        if part.start >= begin
    ]
    rest = Mix(
        placed=tuple(part for part, _ in near),
        gains_db=tuple(gain for _, gain in near),
        music=tuple(
            replace(span, start=span.start - begin, end=span.end - begin) for span in mix.music if span.end > begin
        ),
        samples=mix.samples - begin,
        cues=(),
    )
    position = begin
    for block in sound(rest, path_of):
        if position >= end:
            return
        if position + len(block) > start:
            yield block[max(0, start - position) : end - position]
        position += len(block)


def excerpt(mix: Mix, path_of: Callable[[Take], Path]) -> Iterator[Block]:
    """Yield some of the mix that tells how loud it is: all of a short one, of a long one a minute of takes from all
    over it.
    """
    if mix.samples <= _SHORT_S * MASTER_RATE:
        yield from sound(mix, path_of)
        return
    parts = list(zip(mix.placed, mix.gains_db, strict=True))
    every = max(1, round(sum(part.length for part in mix.placed) / (_EXCERPT_S * MASTER_RATE)))
    for part, gain in parts[every // 2 :: every]:
        yield from _take(part, path_of(part.take), np.float32(amplitude(gain)))
        yield from _silence(_samples(_BEFORE_MUSIC_MS))


def _voice(mix: Mix, path_of: Callable[[Take], Path]) -> Iterator[Block]:
    """Yield the voice over the whole programme, silence included."""
    position = 0
    for part, gain in zip(mix.placed, mix.gains_db, strict=True):
        yield from _silence(part.start - position)
        yield from _take(part, path_of(part.take), np.float32(amplitude(gain)))
        position = part.start + part.length
    yield from _silence(mix.samples - position)


def _take(part: Placed, path: Path, gain: np.float32) -> Iterator[Block]:
    fade = min(_samples(_FADE_MS), part.length // 2)
    # Raised cosine: a straight line's corners are heard in low voices.
    ramp: Block = (0.5 - 0.5 * np.cos(np.pi * np.arange(fade) / max(1, fade))).astype(np.float32)
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
    for start in range(0, samples, BLOCK_SAMPLES):
        yield np.zeros(min(BLOCK_SAMPLES, samples - start), dtype=np.float32)
