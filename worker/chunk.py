"""Script + Cast -> Chunks. Aligned with segments, so that an edit of one paragraph re-speaks one paragraph.

A segment is one chunk unless it exceeds the engine's limit; then it is split at sentences, evenly, so that no runt is
left whose short text engines read badly. Joined by spaces, a segment's chunks are its spoken text again. What has a
pronunciation stays in one piece with it.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefing.errors import ArticleTooLong
from briefing.speech import Chunk, Pronunciation, chunk_key
from worker.words.sentences import sentences

if TYPE_CHECKING:
    from collections.abc import Mapping

    from briefing.script import Script, Segment
    from briefing.settings import LimitSettings
    from briefing.speech import Cast
    from voices.engine import Capabilities

_TERMINAL = ".!?…:;,"
_CLOSERS = "\"'”’)]»"

#: What sentences, clauses and words end with.
_BREAK = re.compile(r"[\s.!?…,;:–—]")


def split(
    script: Script,
    cast: Cast,
    engines: Mapping[str, Capabilities],
    variations: Mapping[str, int],
    limits: LimitSettings,
) -> tuple[Chunk, ...]:
    """Return the script's chunks in order, each for its segment's narrator, as that one's engine takes it; none of what
    an editor leaves out.

    `engines` are by the narrator's voice; `variations` counts other readings asked for, by segment ID. Pronunciations
    are given only to an engine that takes phonemes; for others an edited one changes no key. Raises ArticleTooLong.
    """
    heard = script.heard
    characters = sum(len(segment.spoken) for segment in heard)
    if characters > limits.characters:
        message = f"the script has {characters:,} characters; the limit is {limits.characters:,}"
        raise ArticleTooLong(message)
    chunks = [
        chunk
        for segment in heard
        for chunk in _chunks(segment, script.language, cast, engines, variations.get(segment.id, 0))
    ]
    if len(chunks) > limits.chunks:
        message = f"the script has {len(chunks)} chunks; the limit is {limits.chunks}"
        raise ArticleTooLong(message)
    return tuple(chunks)


def _chunks(
    segment: Segment, language: str, cast: Cast, engines: Mapping[str, Capabilities], variation: int
) -> list[Chunk]:
    narrator = cast.narrator_of(segment)
    engine = engines[narrator.voice]
    return [
        Chunk(
            key=chunk_key(piece.spoken, narrator, variation, piece.marks),
            segment=segment.id,
            spoken=piece.spoken,
            pronunciations=piece.marks,
            voice=narrator.voice,
            variation=variation,
        )
        for piece in _pieces(segment, language, engine.text_limit, phonemes=engine.phoneme_input)
    ]


@dataclass(frozen=True)
class _Piece:
    """A stretch of spoken text and how parts of it sound."""

    spoken: str
    marks: tuple[Pronunciation, ...]


def _pieces(segment: Segment, language: str, limit: int, *, phonemes: bool) -> list[_Piece]:
    text = segment.spoken.strip()
    if not any(character.isalnum() for character in text):
        return []
    marks = _marks(segment) if phonemes else []
    if len(closed := _closed(text)) <= limit:
        return [_Piece(closed, tuple(marks))]
    whole = _whole(closed, marks)
    split = [piece for sentence in sentences(whole, language) for piece in _fitting(sentence, limit)]
    return _shared_out(_packed(split, limit), closed, marks)


def _marks(segment: Segment) -> list[Pronunciation]:
    """Return the pronunciations of a segment, in its spoken text without the white space around it."""
    offset = len(segment.spoken) - len(segment.spoken.lstrip())
    return [
        Pronunciation(start=span.spoken_start - offset, end=span.spoken_end - offset, ipa=span.ipa)
        for span in segment.spans
        if span.ipa
    ]


def _whole(text: str, marks: list[Pronunciation]) -> str:
    """Return `text` with letters for all that text may be split at inside a pronounced stretch."""
    for mark in marks:
        text = text[: mark.start] + _BREAK.sub("x", text[mark.start : mark.end]) + text[mark.end :]
    return text


def _shared_out(pieces: list[str], text: str, marks: list[Pronunciation]) -> list[_Piece]:
    """Return each piece in the words of `text`, with the pronunciations that lie in it.

    Splitting moves nothing but white space, so pieces and text agree in their other characters one by one.
    """
    places = iter([place for place, character in enumerate(_whole(text, marks)) if not character.isspace()])
    shared = []
    for piece in pieces:
        at = {}
        letters = list(piece)
        for number, character in enumerate(piece):
            if not character.isspace():
                place = next(places)
                at[place] = number
                letters[number] = text[place]
        own = tuple(
            Pronunciation(start=at[mark.start], end=at[mark.end - 1] + 1, ipa=mark.ipa)
            for mark in marks
            if mark.start in at and mark.end - 1 in at
        )
        shared.append(_Piece("".join(letters), own))
    return shared


def _closed(text: str) -> str:
    """Return `text` with a full stop if it ends without one: engines leave such a line hanging in the air."""
    return text if text.rstrip(_CLOSERS)[-1:] in _TERMINAL else f"{text}."


def _fitting(sentence: str, limit: int) -> list[str]:
    """Split a sentence that alone exceeds the limit: after a clause where one ends, else between words."""
    parts = []
    while len(sentence) > limit:
        window = sentence[: limit + 1]
        clause = max(window.rfind(f"{mark} ") + 1 for mark in ",;:–—")
        cut = clause if clause > limit // 3 else window.rfind(" ")
        cut = cut if cut > 0 else limit
        parts.append(sentence[:cut].strip())
        sentence = sentence[cut:].strip()
    return [*parts, sentence] if sentence else parts


def _packed(pieces: list[str], limit: int) -> list[str]:
    """Join neighbouring pieces into as few chunks as fit, of about equal length."""
    total = sum(len(piece) + 1 for piece in pieces)
    target = total / math.ceil(total / limit)
    packed = [pieces[0]]
    for piece in pieces[1:]:
        joined = len(packed[-1]) + 1 + len(piece)
        if joined <= limit and (len(packed[-1]) < target * 0.75 or joined <= target):
            packed[-1] += f" {piece}"
        else:
            packed.append(piece)
    return packed
