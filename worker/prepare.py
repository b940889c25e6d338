"""Articles -> script and chunks: calls clean, script, normalise and chunk in order. Pure but for the parsing child.

Used by the `prepare` step and by `briefcast narrate` and `script` alike, so all three read the same words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefing.errors import ArticleTooLong
from briefing.pronunciations.lexicon import starter_lexicon
from worker import chunk, script
from worker.clean import clean
from worker.normalise import normalise
from worker.words.overriding import overridden
from worker.words.unknown import find_unknown
from worker.words.unread import unread

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from briefing.articles.cleaning import Cleaning
    from briefing.editing.overrides import Override
    from briefing.podcasts.show import Show
    from briefing.pronunciations.lexicon import Lexicon
    from briefing.script import Script, Segment
    from briefing.settings import LimitSettings
    from briefing.speech import Cast, Chunk, Narrator
    from briefing.values import Article, Correction
    from voices.engine import Capabilities


@dataclass(frozen=True)
class Prepared:
    """What is to be spoken, by whom, in which pieces."""

    script: Script
    cast: Cast
    chunks: tuple[Chunk, ...]

    @property
    def narrators(self) -> tuple[Narrator, ...]:
        """Those of the cast who say something, the body's first."""
        heard = {chunk.voice or self.cast.body.voice for chunk in self.chunks}
        return tuple(narrator for narrator in self.cast.narrators if narrator.voice in heard)


#: How many times as many characters as may be spoken may be written: addresses and bracketed names are longer so.
_WRITTEN_FOR_SPOKEN = 2


def write_script(  # noqa: PLR0913  all that a script depends on
    articles: Sequence[Article],
    show: Show,
    cleanings: Mapping[str, Cleaning] | None = None,
    lexicon: Lexicon | None = None,
    overrides: Mapping[str, Override] | None = None,
    correction: Correction | None = None,
    limits: LimitSettings | None = None,
) -> Script:
    """Return the script of `articles`, spoken text included.

    `cleanings` are by source; articles of others are cleaned as usual. Without a `lexicon` the entries that ship count.
    `overrides` are by segment ID; those of segments that are not there change nothing. With `limits`, what is far
    beyond what may be spoken is refused before it costs anything; `cut` counts exactly.

    Raises ArticleEmpty, also where other scripts leave nothing to read, ArticleTooLong, PageRefused or Misconfigured.
    """
    known, lexicon, overrides = cleanings or {}, lexicon or starter_lexicon(), overrides or {}
    cleaned = [(clean(article, known.get(article.ref.source)), article.content_hash) for article in articles]
    written = script.build(cleaned, show, correction)
    if limits is not None:
        # What an editor changed or leaves out says nothing of how much is spoken.
        _check_length([segment for segment in written.segments if segment.id not in overrides], limits)
    segments = tuple(spoken(segment, written.language, lexicon) for segment in written.segments)
    segments = overridden(segments, overrides, written.language, lexicon)
    # What an editor worded, or leaves out, needs no lexicon.
    open_ones = [segment for segment in segments if not (segment.edited or segment.omitted)]
    unknown = find_unknown(open_ones, written.language, lexicon)
    warnings = (*written.warnings, *unread(segments, written.language))
    return written.model_copy(update={"segments": segments, "unknown_words": unknown, "warnings": warnings})


def _check_length(segments: Sequence[Segment], limits: LimitSettings) -> None:
    characters, most = sum(len(segment.written) for segment in segments), _WRITTEN_FOR_SPOKEN * limits.characters
    if characters > most:
        message = f"the article has {characters:,} characters; the limit is {limits.characters:,} to be spoken"
        raise ArticleTooLong(message)


def spoken(segment: Segment, language: str, lexicon: Lexicon) -> Segment:
    """Return a segment as it is said."""
    said, spans = normalise(segment.written, language, lexicon)
    return segment.model_copy(update={"spoken": said, "spans": spans})


def cut(
    script: Script,
    cast: Cast,
    engines: Mapping[str, Capabilities],
    variations: Mapping[str, int],
    limits: LimitSettings,
) -> Prepared:
    """Return the script with its chunks, as the cast's `engines`, by voice, can take them. Raises ArticleTooLong."""
    return Prepared(script, cast, chunk.split(script, cast, engines, variations, limits))
