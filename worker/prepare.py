"""Articles -> script and chunks: calls clean, script, normalise and chunk in order. Pure but for the parsing child.

Used by the `prepare` step and by `briefcast narrate` and `script` alike, so all three read the same words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from worker import chunk, script
from worker.clean import clean
from worker.normalise import normalise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from briefing.newsroom import Cleaning, Show
    from briefing.settings import LimitSettings
    from briefing.values import Article, Chunk, Narrator, Script, Segment


@dataclass(frozen=True)
class Prepared:
    """What is to be spoken, by whom, in which pieces."""

    script: Script
    narrator: Narrator
    chunks: tuple[Chunk, ...]


def write_script(articles: Sequence[Article], show: Show, cleanings: Mapping[str, Cleaning] | None = None) -> Script:
    """Return the script of `articles`, spoken text included. `cleanings` are by source; others are cleaned as usual.

    Raises ArticleEmpty, PageRefused or Misconfigured.
    """
    known = cleanings or {}
    cleaned = [(clean(article, known.get(article.ref.source)), article.content_hash) for article in articles]
    written = script.build(cleaned, show)
    return written.model_copy(
        update={"segments": tuple(_spoken(segment, written.language) for segment in written.segments)}
    )


def _spoken(segment: Segment, language: str) -> Segment:
    spoken, spans = normalise(segment.written, language)
    return segment.model_copy(update={"spoken": spoken, "spans": spans})


def cut(
    script: Script, narrator: Narrator, text_limit: int, variations: Mapping[str, int], limits: LimitSettings
) -> Prepared:
    """Return the script with its chunks. Raises ArticleTooLong."""
    return Prepared(script, narrator, chunk.split(script, narrator, text_limit, variations, limits))
