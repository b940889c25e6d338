"""A segment's takes -> when each of its written words is heard. Pure arithmetic on positions; touches no sample.

Engines tell when the words of a chunk's spoken text are said. Readers see what was written, so times are carried back:
chunk -> spoken text of the segment -> written text. A chunk differs from its place in the spoken text by white space
and by a full stop at its end, so positions are compared by counting the characters that are no white space.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from briefing.transcript import WordCue

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from briefing.audio import Timing
    from briefing.script import Segment
    from briefing.speech import Chunk
    from worker.transcript.cues import Placed

_WRITTEN = re.compile(r"\S+")


@dataclass(frozen=True)
class _Stretch:
    """A stretch of what is said, and when."""

    start: int
    end: int
    """Characters that are no white space, counted over all of the segment's chunks, [start, end)."""
    first: float
    last: float
    """Samples of the master."""
    timing: Timing


@dataclass(frozen=True)
class _Word:
    """A written word, and where in the spoken text it is said."""

    start: int
    end: int
    """Written text, [start, end)."""
    said: tuple[tuple[int, int], ...]
    """Spoken text, in characters that are no white space; empty for what is not said."""
    guessed: bool
    """Whether it shares a span with other words and its part of it is a guess."""


def time_words(segment: Segment, chunks: Sequence[Chunk], placed: Sequence[Placed]) -> tuple[WordCue, ...]:
    """Return a cue for every written word of `segment`, in order, none before the end of the one before.

    `chunks` are all of the segment's own, and `placed` are their takes. Takes without words share their length out
    among their letters.
    """
    words = list(_words(segment))
    stretches = [stretch for part in _by_chunk(chunks, placed) for stretch in part]
    if not words or not stretches:
        return ()
    end = placed[-1].start + placed[-1].length
    return tuple(_cued(words, [_found(word, stretches) for word in words], placed[0].start, end))


def _cued(
    words: list[_Word], found: list[tuple[float, float, Timing] | None], start: int, end: int
) -> Iterator[WordCue]:
    """Yield the cues, with times for words that have none: they share the gap that their neighbours leave."""
    at = start
    number = 0
    while number < len(words):
        known = found[number]
        if known is not None:
            word = words[number]
            first, last = max(at, round(known[0])), min(end, round(known[1]))
            at = max(first, last)
            yield WordCue(word.start, word.end, first, at, "estimated" if word.guessed else known[2])
            number += 1
            continue
        stop = next((later for later in range(number, len(words)) if found[later] is not None), len(words))
        following = found[stop] if stop < len(words) else None
        until = max(at, round(following[0])) if following else end
        yield from _shared_out(words[number:stop], at, until)
        at, number = until if any(word.said for word in words[number:stop]) else at, stop


def _shared_out(words: list[_Word], first: int, last: int) -> Iterator[WordCue]:
    """Yield estimated cues that share [first, last) out by length; what is not said gets no time."""
    lengths = [sum(end - start for start, end in word.said) for word in words]
    ends = list(accumulate(lengths))
    whole = ends[-1] or 1
    for word, length, end in zip(words, lengths, ends, strict=True):
        begun = first + (last - first) * (end - length) // whole
        done = first + (last - first) * end // whole
        yield WordCue(word.start, word.end, begun, done, "estimated")


def _found(word: _Word, stretches: list[_Stretch]) -> tuple[float, float, Timing] | None:
    """Return when a word is said, None where no engine or aligner told of any letter of it."""
    parts = [part for start, end in word.said for part in _parts(stretches, start, end)]
    if not parts:
        return None
    timing: Timing = "exact"
    for part in parts:
        if part[2] == "estimated" or (part[2] == "aligned" and timing == "exact"):
            timing = part[2]
    return parts[0][0], parts[-1][1], timing


def _parts(stretches: list[_Stretch], start: int, end: int) -> Iterator[tuple[float, float, Timing]]:
    """Yield what lies of [start, end) in each stretch, its time in proportion."""
    for stretch in stretches[bisect_right(stretches, start, key=lambda stretch: stretch.end) :]:
        if stretch.start >= end:
            return
        speed = (stretch.last - stretch.first) / (stretch.end - stretch.start)
        begun, done = max(start, stretch.start), min(end, stretch.end)
        yield (
            stretch.first + (begun - stretch.start) * speed,
            stretch.first + (done - stretch.start) * speed,
            stretch.timing,
        )


def _by_chunk(chunks: Sequence[Chunk], placed: Sequence[Placed]) -> Iterator[list[_Stretch]]:
    """Yield each chunk's stretches: its take's words, or the whole take as one."""
    done = 0
    for chunk, part in zip(chunks, placed, strict=True):
        counted = _counted(chunk.spoken)
        scale = part.length / part.take.samples if part.take.samples else 0.0
        stretches = []
        for word in part.take.words:
            start, end = (counted[min(place, len(chunk.spoken))] for place in (word.start, word.end))
            if start < end:
                first, last = (part.start + min(sample * scale, part.length) for sample in (word.first, word.last))
                stretches.append(_Stretch(done + start, done + end, first, last, part.take.timing))
        if not stretches and counted[-1]:
            whole = (float(part.start), float(part.start + part.length))
            stretches = [_Stretch(done, done + counted[-1], *whole, "estimated")]
        yield stretches
        done += counted[-1]


def _counted(text: str) -> list[int]:
    """Return for each place in `text`, its end included, how many characters that are no white space lie before it."""
    return list(accumulate((not character.isspace() for character in text), initial=0))


def _words(segment: Segment) -> Iterator[_Word]:
    """Yield the written words with where they are said."""
    bounds = _written_words(segment)
    starts, ends = [start for start, _ in bounds], [end for _, end in bounds]
    counted = _counted(segment.spoken)
    said: list[list[tuple[int, int]]] = [[] for _ in bounds]
    guesses = [False] * len(bounds)
    for start, end, spoken in _stretches(segment):
        inside = range(bisect_right(ends, start), bisect_left(starts, end))
        if isinstance(spoken, int):
            for number in inside:
                begun, done = max(start, starts[number]), min(end, ends[number])
                said[number].append((counted[spoken + begun - start], counted[spoken + done - start]))
            continue
        texts = [segment.written[max(start, starts[number]) : min(end, ends[number])] for number in inside]
        for number, (begun, done, guessed) in zip(inside, _divided(texts, segment.spoken, *spoken), strict=True):
            said[number].append((counted[begun], counted[done]))
            guesses[number] |= guessed
    for number, (start, end) in enumerate(bounds):
        parts = tuple((begun, done) for begun, done in said[number] if begun < done)
        yield _Word(start, end, parts, guesses[number])


def _written_words(segment: Segment) -> list[tuple[int, int]]:
    """Return the bounds of the written words. A sign alone, such as a dash, is none unless something is said for it:
    it goes with the word before it, or at the beginning with the one after.
    """
    bounds: list[tuple[int, int]] = []
    opening = None
    for match in _WRITTEN.finditer(segment.written):
        counts = any(character.isalnum() for character in match.group()) or any(
            span.start < match.end() and match.start() < span.end for span in segment.spans
        )
        if counts:
            bounds.append((match.start() if opening is None else opening, match.end()))
            opening = None
        elif bounds:
            bounds[-1] = (bounds[-1][0], match.end())
        elif opening is None:
            opening = match.start()
    return bounds


def _stretches(segment: Segment) -> Iterator[tuple[int, int, int | tuple[int, int]]]:
    """Yield the written text in stretches (start, end, spoken): where the spoken text is the written one, `spoken` is
    the place it begins at; else its bounds.
    """
    written = spoken = 0
    for span in segment.spans:
        yield written, span.start, spoken
        same = segment.written[span.start : span.end] == segment.spoken[span.spoken_start : span.spoken_end]
        # A pronunciation changes how a word sounds, not its letters.
        yield span.start, span.end, span.spoken_start if same else (span.spoken_start, span.spoken_end)
        written, spoken = span.end, span.spoken_end
    yield written, len(segment.written), spoken


def _divided(written: list[str], spoken: str, start: int, end: int) -> list[tuple[int, int, bool]]:
    """Return the part of spoken[start:end] that each of the written words of a span stands for, and whether that is a
    guess: in "4 March 2026" the month is said as written, so what is said before it is the day, and after it the year.
    """
    said = [(start + match.start(), start + match.end()) for match in _WRITTEN.finditer(spoken[start:end])]
    fixed = _fixed(written, [spoken[begun:done] for begun, done in said])
    parts: list[tuple[int, int, bool]] = []
    for (word, place), (next_word, next_place) in pairwise([(-1, -1), *fixed, (len(written), len(said))]):
        between, own = written[word + 1 : next_word], said[place + 1 : next_place]
        if not between and own and parts:  # "million" of "$5 million": "million dollars"
            parts[-1] = (parts[-1][0], own[-1][1], False)
        parts += _aligned(between, own, said[place][1] if place >= 0 else start)
        if next_word < len(written):
            begun = own[0][0] if own and not between and not parts else said[next_place][0]
            parts.append((begun, said[next_place][1], False))
    return parts


def _fixed(written: list[str], said: list[str]) -> list[tuple[int, int]]:
    """Return the numbers of the written words that are said as written, each with that of the word that says it."""
    fixed, after = [], 0
    plain = [_plain(word) for word in said]
    for number, word in enumerate(written):
        if (letters := _plain(word)) and letters in plain[after:]:
            after = plain.index(letters, after) + 1
            fixed.append((number, after - 1))
    return fixed


def _plain(word: str) -> str:
    return "".join(character for character in word.casefold() if character.isalpha())


def _aligned(written: list[str], said: list[tuple[int, int]], place: int) -> list[tuple[int, int, bool]]:
    """Return the parts of neighbouring written words none of which is said as written: a spoken word each where their
    numbers agree, otherwise in proportion. Where nothing is said for them they are empty, at `place`.
    """
    if not said:
        return [(place, place, False) for _ in written]
    if len(said) == len(written):
        return [(begun, done, len(written) > 1) for begun, done in said]
    start, length = said[0][0], said[-1][1] - said[0][0]
    lengths = [len(word) for word in written]
    whole = sum(lengths)
    return [
        (start + length * (done - own) // whole, start + length * done // whole, len(written) > 1)
        for own, done in zip(lengths, accumulate(lengths), strict=True)
    ]
