"""Which blocks of a page are the article: trafilatura's judgement, laid over the page's own blocks.

Its text is used as evidence only; what is read is the page's own, so that no letter is lost between the two.
"""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from typing import TYPE_CHECKING

from lxml.etree import iterwalk

from worker.clean.folding import folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lxml.html import HtmlElement

    from worker.clean.walk import Walked

#: Letters in a row by which text is recognised; shorter blocks are matched as a whole.
_GRAM = 16

#: A block is found when this share of its letters is; trafilatura leaves out an inline element here and there.
_FOUND_SHARE = 0.6

#: More text than this is no article; blocks are then matched as wholes, to bound memory.
_MOST_LETTERS = 2_000_000

_MARK = "data-briefcast-not-read"


class Evidence:
    """Text that something takes for the article."""

    def __init__(self, texts: Iterable[str]) -> None:
        whole = [words for text in texts if (words := folded(text))]
        self._whole = Counter(whole)
        self.letters = sum(map(len, whole))
        self._grams: set[int] = set()
        if self.letters <= _MOST_LETTERS:
            for words in whole:
                self._grams.update(hash(words[at : at + _GRAM]) for at in range(len(words) - _GRAM + 1))

    def holds(self, text: str) -> bool:
        """Tell whether it has this text, or most of it, in whatever blocks."""
        words = folded(text)
        if not words or words in self._whole:
            return bool(words)
        grams = [words[at : at + _GRAM] for at in range(0, len(words) - _GRAM + 1, _GRAM // 2)]
        found = sum(hash(gram) in self._grams for gram in grams)
        return bool(grams) and found >= _FOUND_SHARE * len(grams)

    def select(self, blocks: Sequence[Walked]) -> list[bool]:
        """Tell for each block whether it is in the evidence; short ones count only among long ones that are."""
        long = [len(folded(block.text)) >= _GRAM + _GRAM // 2 for block in blocks]
        chosen = [is_long and self.holds(block.text) for is_long, block in zip(long, blocks, strict=True)]
        if True not in chosen:
            return [self.holds(block.text) for block in blocks]
        first = chosen.index(True)
        last = len(chosen) - 1 - chosen[::-1].index(True)
        left = Counter(self._whole)
        for index, block in enumerate(blocks):
            words = folded(block.text)
            if not long[index] and first - _REACH <= index <= last + _REACH and left[words] > 0:
                chosen[index] = True
                left[words] -= 1
        return chosen


#: Short blocks this many blocks before the first long one or after the last still count.
_REACH = 4


def extract(tree: HtmlElement, without: Iterable[HtmlElement] = (), *, generous: bool = False) -> Evidence:
    """Return what trafilatura takes for the article of a page, after the elements `without` are taken out.

    `generous` has it look into tables and doubtful places as well.
    """
    # Imported here: it costs 0.2 s, and fragments do without.
    import trafilatura  # noqa: PLC0415

    marked = list(without)
    for element in marked:
        element.set(_MARK, "")
    copy = deepcopy(tree)
    for element in marked:
        del element.attrib[_MARK]
    for element in copy.xpath(f"//*[@{_MARK}]"):
        if element.getparent() is not None:
            element.drop_tree()
    found = trafilatura.bare_extraction(
        copy,
        favor_precision=not generous,
        favor_recall=generous,
        include_comments=False,
        include_tables=generous,
        with_metadata=False,
    )
    if found is None:
        return Evidence(())
    body = found["body"] if isinstance(found, dict) else found.body
    return Evidence(_blocks(body))


#: Elements of trafilatura's own XML that flow within a line.
_INLINE = frozenset({"hi", "ref", "del", "lb", "graphic"})


def _blocks(body: HtmlElement) -> list[str]:
    """Return the text of trafilatura's XML block by block."""
    blocks = [""]
    for action, element in iterwalk(body, events=("start", "end")):
        if element.tag not in _INLINE:
            blocks.append("")
        text = element.text if action == "start" else element.tail
        blocks[-1] += text or ""
    return blocks
