"""Segments + editors' overrides -> segments as they are to be heard. Pure.

An editor's words are said letter for letter: no rule and no respelling of the lexicon touches them, since the text that
was edited showed what those make of it. How a word sounds, which shows in no letter, still comes from the lexicon.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from itertools import accumulate
from typing import TYPE_CHECKING

from briefing.errors import ArticleEmpty
from briefing.script import HEAD, LEXICON_RULE, Span
from worker.normalise.lexicon import pronounce

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from briefing.editing.overrides import Override
    from briefing.pronunciations.lexicon import Lexicon
    from briefing.script import Script, Segment
    from worker.normalise.edits import Edit

#: Rule of the spans that an editor made.
OVERRIDE_RULE = "override"

_TOKEN = re.compile(r"\s+|\S+")


def overridden(
    segments: Sequence[Segment], overrides: Mapping[str, Override], language: str, lexicon: Lexicon
) -> tuple[Segment, ...]:
    """Return the segments with `overrides`, by segment ID. Raises ArticleEmpty where they leave nothing of a story."""
    done = tuple(
        _with(segment, overrides[segment.id], language, lexicon) if segment.id in overrides else segment
        for segment in segments
    )
    left_out = [segment for segment in done if segment.omitted]
    if left_out and all(segment.omitted or segment.role in HEAD for segment in done):
        message = "editors leave out everything that is left of it"
        raise ArticleEmpty(message, hint="Take one of the overrides back, or withdraw the briefing.")
    return done


def own_voices(script: Script) -> tuple[str, ...]:
    """Return the voices that editors gave to segments which are heard."""
    return tuple(dict.fromkeys(segment.voice for segment in script.heard if segment.voice))


def _with(segment: Segment, override: Override, language: str, lexicon: Lexicon) -> Segment:
    changed = segment.model_copy(update={"voice": override.voice, "omitted": override.omitted})
    if override.spoken is None:
        return changed
    marks = [edit for edit in pronounce(lexicon, language)(override.spoken) if _changes_sound_alone(edit, override)]
    spans = tuple(_spans(segment.written, override.spoken, marks))
    return changed.model_copy(update={"spoken": override.spoken, "spans": spans, "edited": True})


def _changes_sound_alone(edit: Edit, override: Override) -> bool:
    assert override.spoken is not None
    return bool(edit.ipa) and override.spoken[edit.start : edit.end] == edit.spoken


def _spans(written: str, spoken: str, marks: Sequence[Edit]) -> Iterator[Span]:
    """Yield what differs between the two, word by word, and what has a pronunciation, so that the times of words can be
    carried back.
    """
    ours, theirs = _TOKEN.findall(written), _TOKEN.findall(spoken)
    at = [list(accumulate(map(len, tokens), initial=0)) for tokens in (ours, theirs)]
    for kind, first, last, said_first, said_last in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        start, end = at[0][first], at[0][last]
        said, said_end = at[1][said_first], at[1][said_last]
        inside = [mark for mark in marks if said <= mark.start and mark.end <= said_end]
        if kind == "equal":
            for mark in inside:
                place = start + mark.start - said
                yield _span(place, place + mark.end - mark.start, mark.start, mark.end, mark.ipa)
            continue
        # The written stretch goes with the first part of what is said for it; the others stand for no written letter.
        for mark in inside:
            if mark.start > said:
                yield _span(start, end, said, mark.start)
                start = end
            yield _span(start, end, mark.start, mark.end, mark.ipa)
            start, said = end, mark.end
        if start < end or said < said_end:
            yield _span(start, end, said, said_end)


def _span(start: int, end: int, spoken_start: int, spoken_end: int, ipa: str = "") -> Span:
    rule = LEXICON_RULE if ipa else OVERRIDE_RULE
    return Span(start=start, end=end, spoken_start=spoken_start, spoken_end=spoken_end, rule=rule, ipa=ipa)
