"""Walks a tree of markup and yields its text block by block, each piece of text exactly once and in order."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from briefing.values import BlockKind
from worker.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

#: Elements that flow within a line; every other element begins and ends a block.
_INLINE = frozenset(
    (
        "a abbr acronym b bdi bdo big cite code data del dfn em font hi i ins kbd label mark q ref ruby rt rp s "
        "samp small span strike strong sub sup time tt u var wbr"
    ).split()
)

#: Elements that say what the blocks within them are; HTML's names and those of trafilatura's XML.
_KINDS = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6", "head"), BlockKind.HEADING),
    **dict.fromkeys(("li", "item", "dt", "dd"), BlockKind.LIST_ITEM),
    **dict.fromkeys(("blockquote", "quote"), BlockKind.QUOTE),
}

_BLANK_LINE = re.compile(r"\n\s*\n")


def walk_blocks(element: _Element) -> Iterator[tuple[BlockKind, str]]:
    """Yield (kind, text on one line) for each block under `element`, itself included. Two <br> end a block."""
    gathered: list[str] = []
    yield from _walk(element, BlockKind.PARAGRAPH, gathered)
    yield from _flush(gathered, BlockKind.PARAGRAPH)


def _walk(element: _Element, kind: BlockKind, gathered: list[str]) -> Iterator[tuple[BlockKind, str]]:
    if element.tag in {"br", "lb"}:
        gathered.append("\n")
        return
    block = element.tag not in _INLINE
    inner = _KINDS.get(str(element.tag), kind)
    if block:
        yield from _flush(gathered, kind)
    gathered.append(_text(element.text))
    for child in element:
        if isinstance(child.tag, str):
            yield from _walk(child, inner, gathered)
        gathered.append(_text(child.tail))
    if block:
        yield from _flush(gathered, inner)


def _text(text: str | None) -> str:
    # Line breaks in the markup are spaces; only <br> breaks a line.
    return (text or "").replace("\n", " ")


def _flush(gathered: list[str], kind: BlockKind) -> Iterator[tuple[BlockKind, str]]:
    for part in _BLANK_LINE.split("".join(gathered)):
        if text := one_line(part):
            yield kind, text
    gathered.clear()
