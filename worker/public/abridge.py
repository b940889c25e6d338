"""Prepared -> what others hear of it: its beginning, up to a paywall's mark. Pure.

Cut between paragraphs, so in a pause; head and disclosure are always in it, and never the whole: of an article that
ends before the mark, its last paragraph is kept back.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from briefing.audio import MASTER_RATE
from briefing.script import HEAD, Role
from worker.prepare import Prepared

if TYPE_CHECKING:
    from collections.abc import Mapping

    from briefing.audio import Cue
    from briefing.podcasts.show import Paywall
    from briefing.script import Segment


def abridged(prepared: Prepared, mark: Paywall, cues: Mapping[str, Cue], title: str) -> Prepared | None:
    """Return the preview, under a title of its own; None where nothing of the story would be in it. `cues` say when
    each segment is heard in the whole, by its ID.
    """
    segments = prepared.script.heard
    head = len(list(takewhile(lambda segment: segment.role in HEAD, segments)))
    end = head + _kept(segments[head:], mark, cues, segments[0])
    # Never all of it.
    end = min(end, len(segments) - 1)
    while end > head and segments[end - 1].role in HEAD | {Role.HEADING}:
        end -= 1
    if end <= head:
        return None
    kept = segments[:end]
    ids, articles = {segment.id for segment in kept}, {segment.article for segment in kept}
    script = prepared.script.model_copy(
        update={
            "title": title,
            "segments": kept,
            "articles": tuple(one for one in prepared.script.articles if one.ref in articles),
            # They tell of the rest.
            "dropped": (),
            "ledger": (),
            "warnings": (),
            "unknown_words": (),
        }
    )
    return Prepared(script, prepared.cast, tuple(chunk for chunk in prepared.chunks if chunk.segment in ids))


def _kept(segments: tuple[Segment, ...], mark: Paywall, cues: Mapping[str, Cue], first: Segment) -> int:
    """Return how many of the segments after the head lie before the mark."""
    paragraphs = characters = 0
    for number, segment in enumerate(segments):
        paragraphs += segment.role not in HEAD | {Role.HEADING}
        characters += len(segment.written)
        if mark.paragraphs is not None and paragraphs > mark.paragraphs:
            return number
        if mark.characters is not None and characters > mark.characters:
            return number
        if mark.seconds is not None:
            cue, start = cues.get(segment.id), cues[first.id].start
            if cue is None or cue.end - start > mark.seconds * MASTER_RATE:
                return number
    return len(segments)
