"""Segments -> a warning about words that are not read aloud, because they are in a script no voice of theirs knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefing.errors import ArticleEmpty
from briefing.script import HEAD
from briefing.values import ScriptWarning
from worker.normalise.scripts import LEFT_OUT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefing.script import Segment

#: So many of the places are quoted; the rest are counted.
_QUOTED = 5


def unread(segments: Sequence[Segment], language: str) -> tuple[ScriptWarning, ...]:
    """Return a warning where words are left out. Raises ArticleEmpty where nothing else is left of the story."""
    heard = [segment for segment in segments if not segment.omitted]
    found = [
        segment.written[span.start : span.end].strip()
        for segment in heard
        for span in segment.spans
        if span.rule == LEFT_OUT
    ]
    if not found:
        return ()
    story = [segment.spoken for segment in heard if segment.role not in HEAD]
    if not any(character.isalnum() for text in story for character in text):
        message = f"nothing of it is in letters that a voice of {language!r} can read"
        raise ArticleEmpty(message, hint="State the article's language in its CMS or page, and choose a voice of it.")
    more = f" and {len(found) - _QUOTED} more" if len(found) > _QUOTED else ""
    places = "; ".join(dict.fromkeys(found[:_QUOTED]))
    message = f"words in other scripts are not read aloud: {places}{more}; an entry of the lexicon has them said"
    return (ScriptWarning(code="other_script", message=message),)
