"""HTML to a draft: whole pages with trafilatura's judgement, a CMS's own markup by its structure. For the child.

What is read is the page's own text in the page's own order; rules about elements and trafilatura only decide which
blocks are read, so every letter is in the draft, spoken or with the rule that drops it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import lxml.html
from lxml.etree import ParserError

from briefing.errors import PageRefused
from briefing.values import BlockKind
from worker.clean.byline import read_byline, read_date_line
from worker.clean.completion import complete, within_sentences
from worker.clean.draft import Draft, PaywallSign, Piece
from worker.clean.elements import remove_mute
from worker.clean.extract import Evidence, extract
from worker.clean.marks import believe, find_marks, is_sentence
from worker.clean.metadata import read_head, read_json_ld, with_guesses
from worker.clean.phrases import noise_rule
from worker.clean.shortcodes import set_apart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lxml.html import HtmlElement

    from briefing.articles.cleaning import Cleaning
    from worker.clean.metadata import Head
    from worker.clean.walk import Walked

#: A name like "promo" is not believed where more than this share of the story stands under it. Boxes in real pages
#: hold less; in a fragment nothing else tells the story from the boxes, so there it takes half.
_PAGE_SHARE = 0.25
_FRAGMENT_SHARE = 0.5

#: Trafilatura reads the page as it is, and again without what is named as noise; the second reading is preferred when
#: the first has this much less of what we may read: then a box has been taken for the story.
_CLEARLY_LESS = 0.85

#: JSON-LD's articleBody counts as evidence from this many letters; shorter ones are summaries.
_BODY_LETTERS = 400

#: Where trafilatura finds less than this, it is asked again, tables and doubtful places included.
_LITTLE_LETTERS = 100

#: The page's own "by" line is among its first blocks, and hardly longer than the names.
_BYLINE_BLOCKS = 5
_BYLINE_LETTERS = 40


def read_page(markup: str, cleaning: Cleaning) -> Draft:
    """Return the draft of a web page. Raises PageRefused when there is nothing to parse."""
    tree = _parse(markup)
    ld = read_json_ld(tree)
    head = with_guesses(read_head(tree, ld), tree)
    stated = ld.get("articleBody")
    body = Evidence(stated.split("\n") if isinstance(stated, str) and len(stated) >= _BODY_LETTERS else ())
    remove_mute(tree)
    found = find_marks(tree, cleaning)
    whole = extract(tree)
    generous = whole.letters < _LITTLE_LETTERS
    if generous:
        whole = extract(tree, generous=True)
    walked = believe(tree, found, lambda block: whole.holds(block.text) or body.holds(block.text), _PAGE_SHARE)
    pruned = extract(tree, without={block.by for block in walked if block.by is not None}, generous=generous)
    chosen = _choose(walked, whole, pruned, body)
    chosen = complete(walked, within_sentences(walked, chosen) if generous else chosen, head.title)
    pieces = [
        _piece(block, None if block.rule or is_chosen or _is_ours(block) else "not-article")
        for index, (block, is_chosen) in enumerate(zip(walked, chosen, strict=True))
        if block.kind is not BlockKind.TABLE or (True in chosen[:index] and True in chosen[index:])
    ]
    signs = {PaywallSign.NOT_FREE} if str(ld.get("isAccessibleForFree")).casefold() == "false" else set()
    if found.gated:
        signs.add(PaywallSign.GATE)
    return _draft(head, pieces).model_copy(update={"signs": frozenset(signs)})


def read_fragment(markup: str, cleaning: Cleaning) -> Draft:
    """Return the draft of an article's own markup, as a CMS or Markdown gives it: every block counts."""
    tree = _parse(f"<div>{markup}</div>")
    remove_mute(tree)
    set_apart(tree)
    found = find_marks(tree, cleaning)
    walked = believe(tree, found, lambda _: True, _FRAGMENT_SHARE)
    return _draft(None, [_piece(block, None) for block in walked])


def _parse(markup: str) -> HtmlElement:
    try:
        # A page may name an encoding that it was decoded from long ago; as text it has none.
        return lxml.html.document_fromstring(markup.encode(), parser=lxml.html.HTMLParser(encoding="utf-8"))
    except (ParserError, ValueError) as error:
        message = "the page holds no markup"
        raise PageRefused(message) from error


def _choose(walked: Sequence[Walked], whole: Evidence, pruned: Evidence, body: Evidence) -> list[bool]:
    """Tell for each block whether it is the article."""
    may = [block for block in walked if block.rule is None and not _is_ours(block)]
    as_it_is, without_noise = whole.select(may), pruned.select(may)
    chosen = as_it_is if _letters(may, as_it_is) >= _CLEARLY_LESS * _letters(may, without_noise) else without_noise
    yes = {
        id(block)
        for block, is_chosen in zip(may, chosen, strict=True)
        if is_chosen or (is_sentence(block) and body.letters and body.holds(block.text))
    }
    return [id(block) in yes for block in walked]


def _letters(blocks: Sequence[Walked], chosen: Sequence[bool]) -> int:
    return sum(len(block.text) for block, is_chosen in zip(blocks, chosen, strict=True) if is_chosen)


def _is_ours(block: Walked) -> bool:
    """Tell whether no extractor need be asked: the markup wants it spoken, or it only holds a table's place."""
    return block.asked or block.kind is BlockKind.TABLE


def _piece(block: Walked, rule: str | None) -> Piece:
    return Piece(
        kind=block.kind,
        text=block.text,
        rule=block.rule or rule,
        asked=block.asked,
        pull_quote=block.pull_quote,
        link=block.links * 10 >= len(block.text) * 9,
    )


def _draft(head: Head | None, pieces: list[Piece]) -> Draft:
    fields: dict[str, Any] = head.model_dump() if head else {}
    spoken = [index for index, piece in enumerate(pieces) if piece.to_read][:_BYLINE_BLOCKS]
    for index in spoken:
        if pieces[index].kind is not BlockKind.PARAGRAPH:
            continue
        if stated := _own_byline(pieces[index].text, fields.get("byline")):
            fields["byline"] = fields.get("byline") or stated
            pieces[index] = pieces[index].dropped("byline-line")
            break
    return Draft(**fields, pieces=tuple(pieces))


def _own_byline(text: str, byline: str | None) -> str | None:
    """Return the names of a "by" line: it is read from the head, not a second time from the body."""
    if found := read_byline(text):
        return found.names
    if byline is None or text.rstrip()[-1:] in ".!?":
        return None
    names = r"\W+".join(map(re.escape, re.findall(r"\w+", byline.casefold())))
    match = re.match(rf"\W*(?P<by>by\W+)?{names}\b(?P<rest>.*)", text.casefold(), re.DOTALL) if names else None
    if match is None:
        return None
    # "Apple shares rose" is not by AP: without a "by" there may be nothing but the names and when they wrote.
    rest = match["rest"].strip(" ,|·•–—-")
    told = len(rest) < _BYLINE_LETTERS if match["by"] else not rest or _is_when(rest)
    return byline if told else None


def _is_when(text: str) -> bool:
    return bool(read_date_line(text)) or noise_rule(text) in {"timestamp", "reading-time"}
