"""Walks a tree of markup and returns its text block by block, each letter of it exactly once and in order.

Knows which elements begin a block and what kind it is; which elements are not the article is told to it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from briefing.values import BlockKind
from worker.words.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml.html import HtmlElement

#: Elements that flow within a line; every other element begins and ends a block.
INLINE = frozenset(
    (
        "a abbr acronym b bdi bdo big cite code data del dfn em font hi i img input ins kbd label map mark meter "
        "output "
        "picture progress q ref ruby rt rp s samp small source span strike strong sub sup svg time tt u var wbr"
    ).split()
)

#: Elements that say what the blocks within them are.
_KINDS = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), BlockKind.HEADING),
    **dict.fromkeys(("li", "dt", "dd"), BlockKind.LIST_ITEM),
    **dict.fromkeys(("blockquote",), BlockKind.QUOTE),
}

#: An attribution within these stands on a line of its own, whatever its element.
_SET_APART = frozenset({"blockquote", "figure", "footer"})

#: 10<sup>6</sup> is no 106: the exponent stays apart from the number, for the normaliser to word.
_EXPONENT = re.compile(r"[-−–]?\d{1,3}")
_POWER = "^"

_BLANK_LINE = re.compile(r"\n\s*\n")

#: Some sites end paragraphs with one <br>: a line this long that ends as a sentence does. Verses are shorter.
_SENTENCE_LINE = 60
_SENTENCE_ENDS = tuple(f"{end}{closer}" for end in ".!?…" for closer in ("", '"', "'", "”", "’", ")", "]", "»"))


@dataclass(frozen=True)
class Marks:
    """What is known of elements before the walk."""

    rules: Mapping[HtmlElement, str] = field(default_factory=dict)
    """Elements that are not the article -> rule; all within them shares their fate."""
    asked: frozenset[HtmlElement] = frozenset()
    """Elements to be spoken whatever stands around them."""
    tables: Mapping[HtmlElement, str] = field(default_factory=dict)
    """Tables to be mentioned -> caption."""
    pull_quotes: frozenset[HtmlElement] = frozenset()


@dataclass(frozen=True)
class Walked:
    """One block as the tree has it."""

    kind: BlockKind
    text: str
    rule: str | None = None
    by: HtmlElement | None = None
    """The element that the rule is about."""
    asked: bool = False
    pull_quote: bool = False
    links: int = 0
    """Letters of the text that are links."""


def walk_blocks(element: HtmlElement, marks: Marks | None = None) -> list[Walked]:
    """Return the blocks under `element`, itself included. Two <br> end a block."""
    walk = _Walk(marks or Marks())
    fate = _Fate()
    walk.visit(element, fate)
    walk.flush(fate)
    return walk.blocks


@dataclass(frozen=True)
class _Fate:
    """What the elements around a place say about it."""

    kind: BlockKind = BlockKind.PARAGRAPH
    rule: str | None = None
    by: HtmlElement | None = None
    asked: bool = False
    pull_quote: bool = False
    link: bool = False


class _Walk:
    def __init__(self, marks: Marks) -> None:
        self.blocks: list[Walked] = []
        self._marks = marks
        self._line: list[str] = []
        self._links = 0
        self._asides: list[Walked] = []

    def visit(self, element: HtmlElement, around: _Fate) -> None:
        if element.tag == "br":
            self._line.append("\n")
            return
        fate = self._fate(element, around)
        inline = _flows(element)
        if inline and fate.rule is not None and around.rule is None and not _holds_blocks(element):
            # A footnote's mark within a sentence: taken out of the line without breaking it.
            text = one_line(element.text_content())
            self._asides += [Walked(fate.kind, text, fate.rule, fate.by)] if text else []
            return
        if not inline:
            self.flush(around)
        if element.tag == "sup" and self._is_exponent(element):
            self._line.append(_POWER)
        self._text(element.text, fate)
        for child in element:
            if isinstance(child.tag, str):
                self.visit(child, fate)
            self._text(child.tail, fate)
        if not inline:
            self.flush(fate)
        if element in self._marks.tables and fate.by is element:
            self.blocks.append(Walked(BlockKind.TABLE, self._marks.tables[element]))

    def _is_exponent(self, element: HtmlElement) -> bool:
        """Tell whether digits are set above a number. Footnotes' marks have been taken out before."""
        before = next((text for text in reversed(self._line) if text), "")
        return before[-1:].isdigit() and bool(_EXPONENT.fullmatch(one_line(element.text_content())))

    def flush(self, fate: _Fate) -> None:
        """End the block that has been gathered."""
        parts = [text for part in _paragraphs("".join(self._line)) if (text := one_line(part))]
        for text in parts:
            links = min(len(text), self._links) if len(parts) == 1 else 0
            self.blocks.append(Walked(fate.kind, text, fate.rule, fate.by, fate.asked, fate.pull_quote, links))
        self.blocks += self._asides
        self._line, self._asides, self._links = [], [], 0

    def _text(self, text: str | None, fate: _Fate) -> None:
        if text:
            # Line breaks in the markup are spaces; only <br> breaks a line.
            self._line.append(text.replace("\n", " "))
            self._links += len(text.strip()) if fate.link else 0

    def _fate(self, element: HtmlElement, around: _Fate) -> _Fate:
        asked = around.asked or element in self._marks.asked
        rule, by = around.rule, around.by
        if asked:
            rule = by = None
        elif (rule is None or rule == "figure") and element in self._marks.rules:
            # A figure's caption is called so in the ledger, not "figure".
            rule, by = self._marks.rules[element], element
        kind = _KINDS.get(element.tag, around.kind)
        pull_quote = around.pull_quote or element in self._marks.pull_quotes
        if pull_quote and kind is BlockKind.PARAGRAPH:
            kind = BlockKind.QUOTE
        return _Fate(kind, rule, by, asked, pull_quote, around.link or element.tag == "a")


def _paragraphs(text: str) -> list[str]:
    """Return `text` split where <br>s end a paragraph."""
    if "\n" not in text:
        return [text]
    lines = [
        f"{line}\n" if len(line) >= _SENTENCE_LINE and line.rstrip().endswith(_SENTENCE_ENDS) else line
        for line in text.split("\n")
    ]
    return _BLANK_LINE.split("\n".join(lines))


def _flows(element: HtmlElement) -> bool:
    """Tell whether an element stands within a line."""
    if element.tag == "cite":
        parent = element.getparent()
        return parent is None or parent.tag not in _SET_APART
    return element.tag in INLINE


def _holds_blocks(element: HtmlElement) -> bool:
    return any(isinstance(child.tag, str) and child.tag not in INLINE for child in element.iterdescendants())
