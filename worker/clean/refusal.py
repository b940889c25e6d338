"""When what is left is not the article: nothing, too little, or a teaser before a paywall. Pure.

A sign by itself proves little: sites leave paywall elements in open articles, and a brief of two sentences is news.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from briefing.errors import ArticleEmpty
from briefing.values import BlockKind, ScriptWarning
from worker.clean.draft import PaywallSign
from worker.clean.wording import PAYWALL

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from worker.clean.draft import Piece

#: A teaser is shorter than this when two signs agree, or when a line on the page says that it is cut off.
_TEASER_WORDS = 200

#: With only the one sign that costs nothing to leave in an open article, a teaser is shorter than this.
_SHORT_TEASER_WORDS = 60

_TEXT = frozenset({BlockKind.PARAGRAPH, BlockKind.LIST_ITEM, BlockKind.QUOTE, BlockKind.KEY_POINT})

_DENSE = re.compile("[\u3040-\u9fff\u0e00-\u0e7f]+")

_HINT = "Give Briefcast the whole text: from the CMS's own interface, or a file."


def check(
    name: str, pieces: Sequence[Piece], signs: Collection[PaywallSign], least_words: int
) -> tuple[ScriptWarning, ...]:
    """Return warnings about what is left of the article `name`. Raises ArticleEmpty when that is no article."""
    spoken = [piece for piece in pieces if piece.to_read and piece.kind is not BlockKind.TABLE]
    text = [piece for piece in spoken if piece.kind in _TEXT]
    words = sum(_words(piece.text) for piece in spoken)
    dropped = tuple((piece.rule, piece.text) for piece in pieces if piece.rule is not None)
    if any(PAYWALL.search(text) for rule, text in dropped if rule != "paywall"):
        # In a page's frame it may be there for other articles, as a gate's element may.
        signs = {*signs, PaywallSign.GATE}
    told = any(piece.rule == "paywall" for piece in pieces)
    ends_open = bool(text) and text[-1].text.rstrip("\"'”’)]»").endswith(("…", "...", "[…]", "[...]"))
    count = told + ends_open + len(signs)
    if (signs or told) and _is_teaser(words, count, signs):
        message = f"{name} shows only its first {words} words" if words else f"{name} shows none of its text"
        raise ArticleEmpty(message, code="article_behind_paywall", hint=_HINT, dropped=dropped)
    if not text:
        message = f"nothing is left to read of {name} after cleaning"
        raise ArticleEmpty(message, dropped=dropped)
    if words < least_words:
        message = f"only {words} words are left to read of {name} after cleaning"
        raise ArticleEmpty(message, code="article_too_short", dropped=dropped)
    if told or (ends_open and signs):
        message = "the page says that it shows only a part of the article"
        return (ScriptWarning(code="maybe_incomplete", message=message),)
    return ()


def _is_teaser(words: int, count: int, signs: Collection[PaywallSign]) -> bool:
    if count > 1 and words < _TEASER_WORDS:
        return True
    if words == 0:
        return True
    # An element named like a paywall, alone, stands in many an open page.
    return words < _SHORT_TEASER_WORDS and set(signs) != {PaywallSign.GATE}


def _words(text: str) -> int:
    """Return the number of words; scripts without spaces have about one in two letters."""
    return len(text.split()) + sum(map(len, _DENSE.findall(text))) // 2
