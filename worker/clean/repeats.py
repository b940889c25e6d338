"""Which quotations set apart say again what the body says. Pure; indexes the body once, however many there are.

Runs outside the parsing child: a hostile page must cost no more here than reading it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from briefing.values import BlockKind
from worker.clean.folding import folded, worded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from worker.clean.draft import Piece

#: Shingles of this many letters show that a pull-quote, cut and trimmed, repeats the body.
_SHINGLE = 8
_REPEATED_SHARE = 0.7

#: With more quotations than this a page is no article; with more letters a quotation is no pull-quote.
_MOST_QUOTES = 200
_MOST_LETTERS = 1_000

#: A quotation that is not named a pull-quote is more than a phrase the body also has: "Resign at once!" is news.
_FEWEST_LETTERS = 40

#: What parts sentences, and what is quoted within one from the rest of it.
_PARTS = re.compile(r"(?<=[.!?…])[\"'”’)\]»]*\s+|[。！？\"“”„«»]")


class Body:
    """The paragraphs of an article, to be asked whether a quotation repeats them."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        quotes = [piece for piece in pieces if piece.kind is BlockKind.QUOTE and piece.to_read]
        texts = [piece.text for piece in pieces if piece.to_read and piece.kind is BlockKind.PARAGRAPH]
        if not quotes or len(quotes) > _MOST_QUOTES:
            texts = []
        self._sentences = {worded(part) for text in texts for part in _PARTS.split(text)}
        named = [piece.text for piece in quotes if piece.pull_quote and len(piece.text) <= _MOST_LETTERS]
        self._words = "\n".join(map(worded, texts)) if named else ""
        wanted = {shingle for text in named for shingle in _shingles(folded(text))}
        self._found: set[str] = set()
        for text in texts if wanted else ():
            self._found.update(shingle for shingle in _shingles(folded(text)) if shingle in wanted)

    def repeats(self, piece: Piece) -> bool:
        """Tell whether a quotation set apart says again what a paragraph says."""
        if piece.kind is not BlockKind.QUOTE:
            return False
        if piece.pull_quote and len(piece.text) <= _MOST_LETTERS:
            shingles = set(_shingles(folded(piece.text)))
            found = sum(shingle in self._found for shingle in shingles)
            return worded(piece.text) in self._words or found > _REPEATED_SHARE * len(shingles)
        parts = [part for part in map(worded, _PARTS.split(piece.text)) if part.strip()]
        return len(folded(piece.text)) >= _FEWEST_LETTERS and all(part in self._sentences for part in parts)


def _shingles(words: str) -> list[str]:
    return [words[at : at + _SHINGLE] for at in range(len(words) - _SHINGLE + 1)]
