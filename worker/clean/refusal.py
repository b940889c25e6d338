"""When what is left is not the article: nothing, too little, or a teaser before a paywall. Pure.

Signs prove little: metered sites mark each article as not free and leave gates and log-in lines in open ones, and a
brief of two sentences is news. Only where the text itself is cut off is it a teaser.
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

#: Where only one thing tells of the cut, a teaser is shorter than this.
_SHORT_TEASER_WORDS = 60

_TEXT = frozenset({BlockKind.PARAGRAPH, BlockKind.LIST_ITEM, BlockKind.QUOTE, BlockKind.KEY_POINT})

_DENSE = re.compile("[\u3040-\u9fff\u0e00-\u0e7f]+")

_SENTENCE_END = re.compile("[.!?…:;。！？][\"'”’)\\]»*]*\\s*$")

#: Rules under which a paywall's box in the story is dropped before its words are looked at.
_BOXES = frozenset({"appeal", "sign-up"})

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
    below = _ends_at_paywall(pieces)
    # What somebody leaves unsaid, “Wait…”, ends within quotation marks.
    ends_open = bool(text) and text[-1].text.rstrip().endswith(("…", "...", "[…]", "[...]"))
    if (signs or told) and _is_teaser(words, below=below, ends_open=ends_open, signs=signs, last=text[-1:]):
        message = f"{name} shows only its first {words} words" if words else f"{name} shows none of its text"
        raise ArticleEmpty(message, code="article_behind_paywall", hint=_HINT, dropped=dropped)
    if not text:
        message = f"nothing is left to read of {name} after cleaning"
        raise ArticleEmpty(message, dropped=dropped)
    if words < least_words:
        message = f"only {words} words are left to read of {name} after cleaning"
        raise ArticleEmpty(message, code="article_too_short", dropped=dropped)
    flagged = PaywallSign.NOT_FREE in signs and words < _TEASER_WORDS
    if told or flagged or (ends_open and signs):
        message = "the page says that it shows only a part of the article"
        return (ScriptWarning(code="maybe_incomplete", message=message),)
    return ()


def _is_teaser(
    words: int, *, below: bool, ends_open: bool, signs: Collection[PaywallSign], last: Sequence[Piece]
) -> bool:
    """Tell whether a text with a sign of a paywall is cut off, by its end and its length."""
    if words == 0:
        return True
    if ends_open or (below and signs):
        return words < _TEASER_WORDS
    stops = bool(last) and last[0].kind is BlockKind.PARAGRAPH and not _SENTENCE_END.search(last[0].text)
    return words < _SHORT_TEASER_WORDS and (below or (stops and PaywallSign.NOT_FREE in signs))


def _ends_at_paywall(pieces: Sequence[Piece]) -> bool:
    """Tell whether the line directly below the last text says in the story's own place that it is cut off."""
    last = max((index for index, piece in enumerate(pieces) if piece.to_read and piece.kind in _TEXT), default=-1)
    following = next((piece for piece in pieces[last + 1 :] if piece.rule is not None and piece.rule != "blank"), None)
    if following is None:
        return False
    # A page's frame has such lines for other articles; a box that is named like an appeal is in the story.
    return following.rule == "paywall" or (following.rule in _BOXES and bool(PAYWALL.search(following.text)))


def _words(text: str) -> int:
    """Return the number of words; scripts without spaces have about one in two letters."""
    return len(text.split()) + sum(map(len, _DENSE.findall(text))) // 2
