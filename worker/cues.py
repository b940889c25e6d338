"""A planned programme -> its cues. Arithmetic on lengths alone; touches no sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefing.audio import Cue

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from briefing.audio import Take
    from briefing.speech import Chunk
    from briefing.values import Script


@dataclass(frozen=True)
class Placed:
    """A take and where it stands."""

    take: Take
    start: int
    """Sample of the master."""
    length: int
    """Samples of the master."""


def place_cues(script: Script, chunks: Sequence[Chunk], placed: Sequence[Placed], total: int) -> Iterator[Cue]:
    """Yield the cues of a planned programme of `total` samples: its chapters, then its segments."""
    spans: dict[str, tuple[int, int]] = {}
    for chunk, part in zip(chunks, placed, strict=True):
        first, _ = spans.get(chunk.segment, (part.start, 0))
        spans[chunk.segment] = (first, part.start + part.length)
    spoken = [segment for segment in script.segments if segment.id in spans]
    starts: dict[str, int] = {}
    for segment in spoken:
        starts.setdefault(segment.article, spans[segment.id][0])
    chapters = [article for article in script.articles if article.ref in starts]
    for number, article in enumerate(chapters):
        end = starts[chapters[number + 1].ref] if number + 1 < len(chapters) else total
        yield Cue(
            kind="chapter", start=starts[article.ref] if number else 0, end=end, ref=article.ref, title=article.title
        )
    for segment in spoken:
        start, end = spans[segment.id]
        yield Cue(kind="segment", start=start, end=end, ref=segment.id)
