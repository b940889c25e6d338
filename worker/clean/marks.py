"""A parsed tree and a source's settings -> marks: which elements are not read, which are read whatever they are called.

Names that merely sound like noise are believed only while little of the story stands under them: a class such as
"post-comments-on" on the article's own wrapper must not cost the article.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import lxml.etree

from briefing.errors import Misconfigured
from briefing.values import BlockKind
from worker.clean.elements import caption_of, is_gate, is_pull_quote, likely_rule, sure_rule
from worker.clean.phrases import noise_rule
from worker.clean.walk import Marks, Walked, walk_blocks

if TYPE_CHECKING:
    from collections.abc import Callable

    from lxml.html import HtmlElement

    from briefing.articles.cleaning import Cleaning

#: A sentence has about this many letters; buttons and labels have fewer.
_SENTENCE_LETTERS = 45

#: Names may be nested in names; deeper than this they are believed.
_ROUNDS = 5

#: When names take more than this share of the story, none of them is believed.
_MOST_TOGETHER = 0.5

#: (rule, tag) of names that are never believed about a sentence of the story: no site puts its share buttons in a <p>.
_UNLUCKY = frozenset((rule, "p") for rule in ("share", "comments", "player", "banner", "navigation", "call-to-action"))

_ENDS = ".!?…。！？"
_CLOSERS = "\"'”’)]»«“"


@dataclass(frozen=True)
class Found:
    """What the elements of a tree say about themselves."""

    marks: Marks
    likely: frozenset[HtmlElement]
    """Elements whose rule rests on a name and yields to evidence."""
    gated: bool
    """Whether something is named like a paywall."""


def check_xpaths(cleaning: Cleaning) -> None:
    """Raise Misconfigured for a `prune_xpath` that is no XPath."""
    for expression in cleaning.prune_xpath:
        try:
            lxml.etree.XPath(expression)
        except lxml.etree.XPathError as error:
            message = f"prune_xpath {expression!r} is no XPath: {error}"
            raise Misconfigured(message) from error


def find_marks(tree: HtmlElement, cleaning: Cleaning) -> Found:
    """Return what each element of `tree` is by its own account. Raises Misconfigured for a faulty `prune_xpath`."""
    rules: dict[HtmlElement, str] = {}
    likely, asked, quotes = set(), set(), set()
    gated = False
    for element in tree.iter():
        gated = gated or is_gate(element)
        if cleaning.speak_class in (element.get("class") or "").split():
            asked.add(element)
        if is_pull_quote(element):
            quotes.add(element)
        if rule := sure_rule(element):
            rules[element] = rule
        elif rule := likely_rule(element):
            rules[element] = rule
            likely.add(element)
    for element in _pruned(tree, cleaning):
        rules[element] = "source-xpath"
        likely.discard(element)
    tables = {}
    if cleaning.tables == "mention":
        tables = {element: caption_of(element) for element, rule in rules.items() if rule == "table"}
    return Found(Marks(rules, frozenset(asked), tables, frozenset(quotes)), frozenset(likely), gated)


def _pruned(tree: HtmlElement, cleaning: Cleaning) -> list[HtmlElement]:
    check_xpaths(cleaning)
    found: list[HtmlElement] = []
    for expression in cleaning.prune_xpath:
        try:
            selected = tree.xpath(expression)
        except lxml.etree.XPathError as error:
            message = f"prune_xpath {expression!r} cannot be used: {error}"
            raise Misconfigured(message) from error
        if isinstance(selected, list):
            found += [item for item in selected if isinstance(item, lxml.etree.ElementBase) and item is not tree]
    return found


def believe(tree: HtmlElement, found: Found, is_story: Callable[[Walked], bool], share: float) -> list[Walked]:
    """Return the blocks of `tree`, none of them dropped for a name that much of the story stands under.

    `is_story` tells what other evidence takes for the story. Elements that share a tag and a class are judged together,
    since a page may give each paragraph of its story the same unlucky name; when they hold more than `share` of the
    story's letters in sentences, the name is not believed.
    """
    marks, likely = found.marks, found.likely
    for _ in range(_ROUNDS):
        walked = walk_blocks(tree, marks)
        total = 0
        under: dict[tuple[str, str, str], list[int]] = defaultdict(list)
        named: dict[tuple[str, str, str], set[HtmlElement]] = defaultdict(set)
        for block in walked:
            if not is_sentence(block) or not is_story(block):
                continue
            total += len(block.text)
            if block.rule is not None and block.by is not None and block.by in likely:
                signature = (block.rule, block.by.tag, block.by.get("class") or "")
                under[signature].append(len(block.text))
                named[signature].add(block.by)
        together = sum(sum(letters) for letters in under.values()) > _MOST_TOGETHER * total
        lifted = {
            element
            for signature, letters in under.items()
            if together or signature[:2] in _UNLUCKY or sum(letters) > _needed(signature[0], share) * total
            for element in named[signature]
        }
        if not lifted:
            break
        rules = {element: rule for element, rule in marks.rules.items() if element not in lifted}
        marks = replace(marks, rules=rules)
    return walk_blocks(tree, marks)


def _needed(rule: str, share: float) -> float:
    # Readers' comments may be as long as a story, and are sentences.
    return max(share, 0.5) if rule == "comments" else share


def is_sentence(block: Walked) -> bool:
    """Tell whether a block reads like a sentence of a story: long enough, ended, no link as a whole, no known noise."""
    text = block.text
    bare = text.rstrip(_CLOSERS)
    return (
        len(text) >= _SENTENCE_LETTERS
        and bool(bare)
        and bare[-1] in _ENDS
        and block.kind is not BlockKind.HEADING
        and block.links * 2 < len(text)
        and noise_rule(text) is None
    )
