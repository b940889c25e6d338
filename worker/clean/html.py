"""HTML to a draft: whole pages through trafilatura, a CMS's own markup by its structure. Runs in the parsing child.

Our rules take out what is named as noise first, trafilatura decides what of a page is the article, and the ledger
records every block of the input that is not read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import lxml.html
from lxml.etree import ParserError

from briefing.errors import PageRefused
from briefing.values import Block, BlockKind, Dropped
from worker.clean.draft import Draft
from worker.clean.elements import remove_mute, remove_noise
from worker.clean.metadata import Head, read_head
from worker.clean.shape import folded
from worker.clean.walk import walk_blocks

if TYPE_CHECKING:
    from lxml.html import HtmlElement

#: Below this many letters a block's words are likely to stand elsewhere by chance.
_DISTINCT_LETTERS = 24


def read_page(markup: str) -> Draft:
    """Return the draft of a web page. Raises PageRefused when there is nothing to parse."""
    tree = _parse(markup)
    head = read_head(tree)
    remove_mute(tree)
    dropped = remove_noise(tree, page=True)
    everything = [text for _, text in walk_blocks(tree)]
    blocks = _extract(tree)
    return _draft(head, blocks, [*dropped, *_left_out(everything, blocks)])


def read_fragment(markup: str) -> Draft:
    """Return the draft of an article's own markup, as a CMS or Markdown gives it: every block counts."""
    tree = _parse(f"<div>{markup}</div>")
    head = Head()
    remove_mute(tree)
    dropped = remove_noise(tree, page=False)
    blocks = [Block(kind=kind, text=text) for kind, text in walk_blocks(tree)]
    return _draft(head, blocks, dropped)


def _parse(markup: str) -> HtmlElement:
    try:
        # A page may name an encoding that it was decoded from long ago; as text it has none.
        tree = lxml.html.document_fromstring(markup.encode(), parser=lxml.html.HTMLParser(encoding="utf-8"))
    except (ParserError, ValueError) as error:
        message = "the page holds no markup"
        raise PageRefused(message) from error
    return tree


def _extract(tree: HtmlElement) -> list[Block]:
    # Imported here: it costs 0.2 s, and fragments do without.
    import trafilatura  # noqa: PLC0415

    found = trafilatura.bare_extraction(
        tree, favor_precision=True, include_comments=False, include_tables=False, with_metadata=False
    )
    if found is None:
        return []
    body = found["body"] if isinstance(found, dict) else found.body
    return [Block(kind=kind, text=text) for kind, text in walk_blocks(body)]


def _left_out(everything: list[str], blocks: list[Block]) -> list[Dropped]:
    """Return the blocks of the page that extraction did not take for the article."""
    kept = [folded(block.text) for block in blocks]
    exact, joined = set(kept), "\n".join(kept)
    return [
        Dropped(text=text, rule="not-article")
        for text in everything
        if (words := folded(text)) and words not in exact and (len(words) < _DISTINCT_LETTERS or words not in joined)
    ]


def _draft(head: Head, blocks: list[Block], dropped: list[Dropped]) -> Draft:
    if head.byline:
        blocks, own = _without_own_byline(blocks, head.byline)
        dropped = [*dropped, *own]
    return Draft(**head.model_dump(), blocks=tuple(blocks), dropped=tuple(dropped))


def _without_own_byline(blocks: list[Block], byline: str) -> tuple[list[Block], list[Dropped]]:
    """Take a "by" line out of the first blocks: it is read from the head."""
    names = folded(byline)
    for index, block in enumerate(blocks[:4]):
        words = folded(block.text).removeprefix("by")
        if block.kind is BlockKind.PARAGRAPH and words.startswith(names) and len(words) < len(names) + 40:
            return [*blocks[:index], *blocks[index + 1 :]], [Dropped(text=block.text, rule="byline-line")]
    return blocks, []
