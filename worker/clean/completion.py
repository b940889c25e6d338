"""What extractors leave out of an article for its form: the lines below the headline, headings, quotations.

Adds only what stands inside the article; `within_sentences` cuts a doubtful choice to that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefing.values import BlockKind
from worker.clean.byline import read_byline
from worker.clean.folding import folded
from worker.clean.marks import is_sentence
from worker.clean.phrases import noise_rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from worker.clean.walk import Walked

#: Between a headline and the first paragraph stand at most so many other blocks.
_HEAD_BLOCKS = 10


def complete(blocks: Sequence[Walked], chosen: Sequence[bool], title: str | None) -> list[bool]:
    """Return the choice with what belongs to it: sentences below the headline, quotations, headings of what follows."""
    full = list(chosen)
    long = [index for index, block in enumerate(blocks) if full[index] and block.kind is not BlockKind.HEADING]
    if not long:
        return full
    headline = folded(title or "")
    start = next((at for at in range(long[0], -1, -1) if headline and folded(blocks[at].text) == headline), None)
    if start is not None and long[0] - start <= _HEAD_BLOCKS:
        for index in range(start + 1, long[0]):
            full[index] = full[index] or (_may_add(blocks[index]) and is_sentence(blocks[index]))
    for index in range(long[0], long[-1]):
        full[index] = full[index] or (_may_add(blocks[index]) and blocks[index].kind is BlockKind.QUOTE)
    for index in range(start + 1 if start is not None else long[0], long[-1]):
        full[index] = full[index] or _heads(blocks, full, index)
    return full


def within_sentences(blocks: Sequence[Walked], chosen: Sequence[bool]) -> list[bool]:
    """Return the choice without what stands before its first sentence or after its last."""
    sentences = [index for index, block in enumerate(blocks) if chosen[index] and is_sentence(block)]
    inside = range(sentences[0], sentences[-1] + 1) if sentences else range(0)
    return [is_chosen and index in inside for index, is_chosen in enumerate(chosen)]


def _may_add(block: Walked) -> bool:
    return (
        block.rule is None
        and block.kind is not BlockKind.TABLE
        and block.links * 2 < len(block.text)
        and noise_rule(block.text) is None
        and read_byline(block.text) is None
    )


def _heads(blocks: Sequence[Walked], chosen: Sequence[bool], index: int) -> bool:
    """Tell whether a block is the heading of a chosen one that follows at once."""
    block, following = blocks[index], blocks[index + 1]
    return block.kind is BlockKind.HEADING and _may_add(block) and chosen[index + 1] and is_sentence(following)
