"""A planned programme -> its cues and its transcript. Arithmetic on lengths alone; touches no sample.

A programme of one article has a chapter for each of its headings, if there are two; of several, one for each article.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from briefing.articles.addresses import ascii_address
from briefing.audio import Cue
from briefing.script import Role
from briefing.transcript import Passage, Transcript
from worker.transcript.word_cues import time_words
from worker.words.sentences import sentences

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from briefing.audio import Take, Timing
    from briefing.script import Script, ScriptArticle, Segment
    from briefing.speech import Chunk
    from briefing.transcript import WordCue

#: A story with fewer headings than this has no chapters: one alone would part it at a place of no meaning.
_LEAST_HEADINGS = 2

_FROM_LEAST_SURE: tuple[Timing, ...] = ("estimated", "aligned", "exact")


@dataclass(frozen=True)
class Placed:
    """A take and where it stands."""

    take: Take
    start: int
    """Sample of the master."""
    length: int
    """Samples of the master."""


class _Spoken(NamedTuple):
    """A segment with its chunks and their places."""

    segment: Segment
    chunks: list[Chunk]
    placed: list[Placed]

    @property
    def start(self) -> int:
        return self.placed[0].start

    @property
    def end(self) -> int:
        return self.placed[-1].start + self.placed[-1].length

    @property
    def timing(self) -> Timing:
        """How the times of its takes' words came about: the least sure of them."""
        found = {part.take.timing if part.take.words else "estimated" for part in self.placed}
        return next(timing for timing in _FROM_LEAST_SURE if timing in found)


def place_cues(script: Script, chunks: Sequence[Chunk], placed: Sequence[Placed], total: int) -> Iterator[Cue]:
    """Yield the cues of a planned programme of `total` samples: its chapters, then its segments."""
    spoken = _spoken(script, chunks, placed)
    yield from _chapters(script, spoken, total)
    for part in spoken:
        yield Cue(kind="segment", start=part.start, end=part.end, ref=part.segment.id, timing=part.timing)


def transcribe(
    script: Script,
    chunks: Sequence[Chunk],
    placed: Sequence[Placed],
    total: int,
    names: Mapping[str, str],
    disclosure: str,
) -> Transcript:
    """Return the transcript of a planned programme of `total` samples. `names` are those of its voices, by ID."""
    return Transcript(
        language=script.language,
        title=script.title,
        disclosure=disclosure,
        samples=total,
        passages=tuple(_passage(part, script.language, names) for part in _spoken(script, chunks, placed)),
    )


def _spoken(script: Script, chunks: Sequence[Chunk], placed: Sequence[Placed]) -> list[_Spoken]:
    """Return the segments that are spoken, in order."""
    found: dict[str, _Spoken] = {}
    segments = {segment.id: segment for segment in script.segments}
    for chunk, part in zip(chunks, placed, strict=True):
        spoken = found.setdefault(chunk.segment, _Spoken(segments[chunk.segment], [], []))
        spoken.chunks.append(chunk)
        spoken.placed.append(part)
    return list(found.values())


def _chapters(script: Script, spoken: list[_Spoken], total: int) -> Iterator[Cue]:
    heads = {article.ref: article for article in script.articles}
    headings = [part for part in spoken if part.segment.role is Role.HEADING]
    first = {part.segment.article: part.start for part in reversed(spoken)}
    begun = [(start, ref, heads[ref].title) for ref, start in reversed(first.items())]
    if len(begun) == 1 and len(headings) >= _LEAST_HEADINGS:
        begun += [(part.start, part.segment.article, part.segment.written) for part in headings]
    starts = [0, *(start for start, _, _ in begun[1:])]
    for start, end, (_, ref, title) in zip(starts, [*starts[1:], total], begun, strict=True):
        yield Cue(kind="chapter", start=start, end=end, ref=ref, title=title, link=_link(heads[ref]))


def _link(article: ScriptArticle) -> str:
    """Return where an article can be read, empty for none: what a CMS gives as an address may be no address."""
    return ascii_address(article.address) or ""


def _passage(part: _Spoken, language: str, names: Mapping[str, str]) -> Passage:
    segment = part.segment
    words = time_words(segment, part.chunks, part.placed)
    voice = part.chunks[0].voice
    return Passage(
        segment=segment.id,
        article=segment.article,
        role=segment.role,
        speaker=names.get(voice, voice),
        text=segment.written,
        first=part.start,
        last=part.end,
        words=words,
        sentences=_sentence_starts(segment.written, language, words),
    )


def _sentence_starts(text: str, language: str, words: Sequence[WordCue]) -> tuple[int, ...]:
    """Return the numbers of the words that sentences begin with.

    Sentences are the text but for the white space between them, so their beginnings are counted in other characters.
    """
    lengths = [sum(not character.isspace() for character in sentence) for sentence in sentences(text, language)]
    begun = {done - length for length, done in zip(lengths, accumulate(lengths), strict=True)}
    before = list(accumulate((not character.isspace() for character in text), initial=0))
    numbers, done = [], -1
    for number, word in enumerate(words):
        # One that begins with a sign of the word before, such as a dash, is heard from the next word on.
        if any(place in begun for place in range(done + 1, before[word.start] + 1)):
            numbers.append(number)
        done = before[word.start]
    return tuple(numbers)
