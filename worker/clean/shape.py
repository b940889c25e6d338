"""The rules every format shares: phrases, repeats, key points with their lead-in, quotations, authors' notes. Pure.

Takes each block with its fate so far and returns them all, none lost, in the same order.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from briefing.articles.cleaning import Cleaning
from briefing.values import BlockKind
from worker.clean.byline import read_date_line
from worker.clean.folding import folded
from worker.clean.phrases import noise_rule
from worker.clean.repeats import Body
from worker.words.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from worker.clean.draft import Piece

#: A phrase of the settings with fewer letters must be the whole block, or "Ad" would drop every "Adams".
_WHOLE_BLOCK_LETTERS = 12

#: Doubled paragraphs have at least so many letters; short lines may recur.
_DOUBLED_LETTERS = 60

#: An author's note stands among this many last blocks, and is no longer than so many words.
_NOTE_BLOCKS = 3
_NOTE_WORDS = 45
_PERSON_WORDS = range(2, 5)

#: A linked line of so many words without a full stop is another story's headline.
_HEADLINE_WORDS = 4

_PUBLISHED = re.compile(r"^(?:updated|published|posted)\b|\bago$|\b\d{1,3}[- ]min", re.IGNORECASE)

#: Opening mark -> closing marks.
_MARKS = {"“": "”", "„": "“”", "«": "»", "»": "«"}
_FEWEST_QUOTED_WORDS = 4


def shape(
    pieces: Iterable[Piece], title: str | None, byline: str | None, cleaning: Cleaning | None = None
) -> list[Piece]:
    """Return all pieces in order, each with its final kind and the rule that drops it, if one does."""
    phrases = tuple(map(folded, (cleaning or Cleaning()).drop_phrases))
    shaped = _by_phrases(list(pieces), phrases)
    shaped = _without_link_lists(shaped)
    shaped = _without_repeats(shaped, title)
    shaped = _without_author_notes(shaped, byline)
    shaped = _with_key_points(shaped)
    shaped = _without_empty_headings(shaped)
    return [_as_quotation(piece) for piece in shaped]


def _by_phrases(pieces: list[Piece], phrases: tuple[str, ...]) -> list[Piece]:
    """Judge each piece by its words. A date or a time between sentences heads an event of a timeline or programme."""
    judged = [_by_phrase(piece, phrases) for piece in pieces]
    read = [index for index, piece in enumerate(judged) if piece.to_read and piece.kind is not BlockKind.TABLE]
    first = next((index for index in read if _ends_sentence(judged[index].text)), len(judged))
    last = read[-1] if read else 0
    return [
        old.model_copy(update={"text": new.text})
        if first < index < last and old.to_read and new.rule in {"date-line", "timestamp"} and _bare(new.text)
        else new
        for index, (old, new) in enumerate(zip(pieces, judged, strict=True))
    ]


def _bare(text: str) -> bool:
    """Tell whether a date or a time stands alone, with no word of when the page was published."""
    return not _PUBLISHED.search(text)


def _by_phrase(piece: Piece, phrases: tuple[str, ...]) -> Piece:
    text = one_line(piece.text)
    piece = piece.model_copy(update={"text": text})
    if not piece.to_read or piece.kind is BlockKind.TABLE:
        return piece
    words = folded(text)
    if any(words == phrase or (len(phrase) >= _WHOLE_BLOCK_LETTERS and phrase in words) for phrase in phrases):
        return piece.dropped("source-phrase")
    rule = noise_rule(text)
    heading = piece.kind is BlockKind.HEADING
    if rule == "menu" and heading and " " not in text:
        rule = None  # "Next" or "Search" may head a part of the story; "Most read" may not
    if piece.kind is BlockKind.PARAGRAPH and rule is None and read_date_line(text):
        rule = "date-line"
    if piece.kind is not BlockKind.PARAGRAPH and rule == "timestamp":
        rule = None  # of a timeline or a programme
    return piece.dropped(rule) if rule else piece


def _without_link_lists(pieces: list[Piece]) -> list[Piece]:
    """Drop lines that are nothing but a linked headline, and the linked list below a "Read also"."""
    shaped = []
    below = False
    for piece in pieces:
        stray = piece.to_read and piece.link and not _ends_sentence(piece.text)
        if stray and piece.kind is BlockKind.LIST_ITEM and below:
            shaped.append(piece.dropped("related"))
            continue
        if piece.text:
            below = piece.rule in {"read-also", "menu", "related"}
        headline = piece.kind is BlockKind.PARAGRAPH and len(piece.text.split()) >= _HEADLINE_WORDS
        shaped.append(piece.dropped("related") if stray and headline else piece)
    return shaped


def _ends_sentence(text: str) -> bool:
    return text.rstrip("\"'”’)]»")[-1:] in ".!?…:;。！？"


def _without_repeats(pieces: list[Piece], title: str | None) -> list[Piece]:
    """Drop the headline repeated in the body, pull-quotes that repeat it, and doubled paragraphs."""
    body = Body(pieces)
    headline = folded(title or "")
    seen: set[str] = set()
    shaped: list[Piece] = []
    for piece in pieces:
        words = folded(piece.text)
        if not piece.to_read or not words:
            shaped.append(piece)
        elif headline and words == headline:
            shaped.append(piece.dropped("repeats-headline"))
        elif _is_cite(piece, shaped) or body.repeats(piece):
            shaped.append(piece.dropped("pull-quote"))
        elif piece.kind is BlockKind.PARAGRAPH and len(words) > _DOUBLED_LETTERS and words in seen:
            shaped.append(piece.dropped("repeats-paragraph"))
        else:
            shaped.append(piece)
            seen.add(words)
    return shaped


def _is_cite(piece: Piece, before: list[Piece]) -> bool:
    """Tell whether a piece names who said a pull-quote that has just been dropped."""
    return (
        bool(before)
        and before[-1].rule == "pull-quote"
        and piece.kind is BlockKind.QUOTE
        and not _ends_sentence(piece.text)
    )


def _without_author_notes(pieces: list[Piece], byline: str | None) -> list[Piece]:
    """Drop "Jo Baker covers the council" and "Contact Jo Baker at…" at the end, when Jo Baker wrote the story."""
    if not byline:
        return pieces
    people = [name.strip() for name in re.split(r",|\band\b|&", byline) if _is_person(name)]
    if not people:
        return pieces
    names = "|".join(map(re.escape, people))
    note = re.compile(
        rf"^(?:(?:{names})\b.{{0,40}}\b(?:is|are|covers?|writes?|reports?|works?|joined|can be reached)\b|"
        rf"(?:contact|reach|e-?mail|follow|write to)\s+(?:{names})\b)",
        re.IGNORECASE,
    )
    spoken = [index for index, piece in enumerate(pieces) if piece.to_read]
    last = set(spoken[1:][-_NOTE_BLOCKS:])
    return [
        piece.dropped("author-note")
        if index in last and len(piece.text.split()) <= _NOTE_WORDS and note.search(piece.text)
        else piece
        for index, piece in enumerate(pieces)
    ]


def _is_person(name: str) -> bool:
    """Tell whether a byline's name is a person's: "The Associated Press is…" may be the story."""
    words = name.split()
    return len(words) in _PERSON_WORDS and words[0].lower() != "the"


def _with_key_points(pieces: list[Piece]) -> list[Piece]:
    """Mark a list that stands before the first paragraph as key points, and the line above it as their lead-in."""
    shaped = list(pieces)
    lead: int | None = None
    for index, piece in enumerate(pieces):
        if not piece.to_read:
            continue
        if piece.kind is BlockKind.LIST_ITEM:
            shaped[index] = piece.model_copy(update={"kind": BlockKind.KEY_POINT})
            if lead is not None:
                shaped[lead] = pieces[lead].model_copy(update={"kind": BlockKind.LEAD_IN})
                lead = None
        elif piece.kind is BlockKind.HEADING or piece.text.endswith(":"):
            lead = index
        else:
            break
    if all(not piece.to_read or piece.kind is not BlockKind.PARAGRAPH for piece in shaped):
        return pieces  # a story that is one list has no key points
    return shaped


def _without_empty_headings(pieces: list[Piece]) -> list[Piece]:
    """Drop headings at the end, which head nothing that is read."""
    shaped = list(pieces)
    for index in range(len(shaped) - 1, -1, -1):
        piece = shaped[index]
        if piece.to_read:
            if piece.kind is not BlockKind.HEADING:
                break
            shaped[index] = piece.dropped("heading-without-text")
    return shaped


def _as_quotation(piece: Piece) -> Piece:
    """Mark a paragraph that is one quotation and nothing else, so that another voice may read it."""
    if piece.to_read and piece.kind is BlockKind.PARAGRAPH and _is_quotation(piece.text):
        return piece.model_copy(update={"kind": BlockKind.QUOTE})
    return piece


def _is_quotation(text: str) -> bool:
    """Tell whether `text` is quoted from its first letter to its last; one that goes on has no closing mark."""
    if len(text.split()) < _FEWEST_QUOTED_WORDS:
        return False
    if text[0] == '"':
        return text.rstrip(".,")[-1] == '"' and text.count('"') == 2  # noqa: PLR2004  its two ends
    closing = _MARKS.get(text[0])
    if closing is None:
        return False
    inner = text[1:].rstrip(".,")
    at = min((inner.find(mark) for mark in closing if mark in inner), default=-1)
    return at in {-1, len(inner) - 1}
