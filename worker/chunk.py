"""Script + Narrator -> Chunks. Aligned with segments, so that an edit of one paragraph re-speaks one paragraph.

A segment is one chunk unless it exceeds the engine's limit; then it is split at sentences, evenly, so that no runt is
left whose short text engines read badly. Joined by spaces, a segment's chunks are its spoken text again.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from briefing.errors import ArticleTooLong
from briefing.values import Chunk, Narrator, Script, Segment, chunk_key
from worker.sentences import sentences

if TYPE_CHECKING:
    from collections.abc import Mapping

    from briefing.settings import LimitSettings

_TERMINAL = ".!?…:;,"
_CLOSERS = "\"'”’)]»"


def split(
    script: Script, narrator: Narrator, text_limit: int, variations: Mapping[str, int], limits: LimitSettings
) -> tuple[Chunk, ...]:
    """Return the script's chunks in order. `variations` counts other readings asked for, by segment ID.

    Raises ArticleTooLong.
    """
    characters = sum(len(segment.spoken) for segment in script.segments)
    if characters > limits.characters:
        message = f"the script has {characters:,} characters; the limit is {limits.characters:,}"
        raise ArticleTooLong(message)
    chunks = [
        Chunk(key=chunk_key(spoken, narrator, variations.get(segment.id, 0)), segment=segment.id, spoken=spoken)
        for segment in script.segments
        for spoken in _pieces(segment, script.language, text_limit)
    ]
    if len(chunks) > limits.chunks:
        message = f"the script has {len(chunks)} chunks; the limit is {limits.chunks}"
        raise ArticleTooLong(message)
    return tuple(chunks)


def _pieces(segment: Segment, language: str, limit: int) -> list[str]:
    text = segment.spoken.strip()
    if not any(character.isalnum() for character in text):
        return []
    text = _closed(text)
    if len(text) <= limit:
        return [text]
    pieces = [piece for sentence in sentences(text, language) for piece in _fitting(sentence, limit)]
    return _packed(pieces, limit)


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
