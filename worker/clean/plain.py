"""A page scraped to plain text: finds the headline, the "by" line and the story among menus, forms and appeals.

There is no markup to go by, only words, punctuation and where a line stands. Every non-empty line ends up in the
draft's blocks or in its ledger; none disappears.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from briefing.values import BlockKind
from worker.clean.byline import Byline, read_byline, read_date_line
from worker.clean.draft import Draft, Piece
from worker.clean.lines import Line, read_lines
from worker.clean.phrases import PROMOTION, noise_rule

if TYPE_CHECKING:
    from datetime import datetime

_QUOTED = re.compile(r"^[\"“„«»‘].*[\"”“»«’]$")

_CLOCK = re.compile(r"\d{1,2}[:.h]\d{2}")

#: A headline has at least this many words; menu entries have fewer.
_HEADLINE_WORDS = 4

#: A sub-heading in running text is short; a longer line without a full stop is another story's headline.
_HEADING_WORDS = 7

#: "Who voted yes:" is followed by a list without bullets; a speaker's long introduction of a quotation is not.
_LIST_LEAD_WORDS = 12
_LIST_ITEM_WORDS = 15

#: A sentence this long shows that the story has begun; "Welcome to our site!" does not.
_SUBSTANCE_WORDS = 5

#: Rules of what stands around an article on a page. Two such lines, and the text was scraped from one.
_FURNITURE = PROMOTION | {
    "navigation",
    "paywall",
    "share",
    "no-script",
    "reading-time",
    "player-disclosure",
    "read-also",
}
_FURNITURE_LINES = 2

#: So many short lines in a row before the story are a menu, whatever they say.
_MENU_LINES = 5

#: After a form, an appeal or an advertisement, a sentence of so many words shows that the story goes on.
_GOING_ON_WORDS = 6

#: Lines before the story in which a headline and a "by" line are looked for.
_HEAD_LINES = 60


def read_plain(text: str, title: str | None = None, *, given: bool = False) -> Draft:
    """Return the draft of a scraped page, or of a plain text that is nothing but the article.

    `title` is known when the text came without its headline; `given` when a CMS says that all of it is the article.
    """
    lines = _with_times([replace(line, rule=noise_rule(line.text)) for line in read_lines(text)])
    if title is not None:
        return _draft(title, None, [], lines, scraped=False)
    start, byline_at, byline = _find_head(lines)
    scraped = not given and _is_scraped(lines, start)
    if start is None:
        return _draft(None, None, [], lines, scraped=scraped)
    # A sentence is not dropped for its place alone: without a "by" line, the headline is a guess.
    before = [
        line
        if line.rule is None and byline_at is None and line.sentence
        else replace(line, rule=line.rule or "before-headline")
        for line in lines[:start]
    ]
    before.append(replace(lines[start], head=True))
    after = lines[start + 1 :]
    if byline_at is not None:
        at = byline_at - start - 1
        after[:at] = [replace(line, kind=BlockKind.PARAGRAPH) for line in after[:at]]
        after[at] = replace(after[at], head=True)
    elif after and _may_be_headline(after[0]) and _story_follows(after[1:]):
        after[0] = replace(after[0], kind=BlockKind.PARAGRAPH)
    return _draft(lines[start].text, byline, before, after, scraped=scraped)


def _with_times(lines: list[Line]) -> list[Line]:
    """Read a bare time that stands between sentences: it is a programme's or a live blog's, not the page's own."""
    at = [index for index, line in enumerate(lines) if line.sentence]
    return [
        replace(line, rule=None)
        if line.rule == "timestamp" and at and at[0] < index < at[-1] and _CLOCK.match(line.text)
        else line
        for index, line in enumerate(lines)
    ]


def _is_scraped(lines: list[Line], start: int | None) -> bool:
    """Tell whether a text is evidently a web page's: only there does a line without a full stop stray into a story."""
    furniture = sum(line.rule in _FURNITURE for line in lines)
    menu = sum(not line.punctuated for line in lines[: start or 0])
    return furniture >= _FURNITURE_LINES or menu >= _MENU_LINES


def _find_head(lines: list[Line]) -> tuple[int | None, int | None, Byline | None]:
    """Return where the headline and the "by" line stand, and what the latter says."""
    for index, line in enumerate(lines[:_HEAD_LINES]):
        byline = read_byline(line.text) if line.rule is None else None
        if byline is not None:
            start = index
            while start and _may_be_headline(lines[start - 1]):
                start -= 1
            if start == index and index and _may_be_short_headline(lines[index - 1]):
                start -= 1
            return (start, index, byline) if start < index else (None, None, None)
    first = next((index for index, line in enumerate(lines) if line.rule is None), None)
    if first is not None and _may_be_short_headline(lines[first]) and _story_follows(lines[first + 1 :]):
        return first, None, None
    for index, line in enumerate(lines[:_HEAD_LINES]):
        if _may_be_headline(line) and not line.punctuated:
            # The only line there is must be the story.
            return (index if any(later.rule is None for later in lines[index + 1 :]) else None), None, None
        if line.sentence and line.words >= _SUBSTANCE_WORDS:
            break
    return None, None, None


def _may_be_headline(line: Line) -> bool:
    return line.rule is None and not line.bullet and line.words >= _HEADLINE_WORDS


def _may_be_short_headline(line: Line) -> bool:
    """Tell whether a line of any length may be a headline, standing where one is expected."""
    return line.rule is None and not line.bullet and not line.punctuated


def _story_follows(lines: list[Line]) -> bool:
    following = next((line for line in lines if line.rule is None), None)
    return following is not None and following.substance and following.words >= _GOING_ON_WORDS


def _draft(title: str | None, byline: Byline | None, before: list[Line], after: list[Line], *, scraped: bool) -> Draft:
    published_at = byline.published_at if byline else None
    if published_at is None:
        after, published_at = _take_date_line(after)
    kept = _with_bare_lists(_without_bare_names(_cut_tail(after) if scraped else after))
    judged = _judged(_with_lead_colons(kept), scraped=scraped)
    return Draft(
        title=title,
        byline=byline.names if byline else None,
        published_at=published_at,
        pieces=(*(_piece(line) for line in before), *judged),
    )


def _take_date_line(lines: list[Line]) -> tuple[list[Line], datetime | None]:
    for index, line in enumerate(lines[:3]):
        if line.sentence:
            break  # the story has begun: what follows is a timeline's
        if date := read_date_line(line.text):
            return [*lines[:index], replace(line, rule="date-line"), *lines[index + 1 :]], date
    return lines, None


def _cut_tail(lines: list[Line]) -> list[Line]:
    """Drop everything from the first form or appeal after which the story does not go on."""
    begun = next((index for index, line in enumerate(lines) if line.substance), len(lines))
    last = max((index for index, line in enumerate(lines) if _goes_on(line)), default=-1)
    for index in range(max(begun, last) + 1, len(lines)):
        if lines[index].rule in PROMOTION:
            return [*lines[:index], *(_after(later) for later in lines[index:])]
    return lines


def _after(line: Line) -> Line:
    return line if line.head else replace(line, rule=line.rule or "after-article")


def _goes_on(line: Line) -> bool:
    return line.substance and line.words >= _GOING_ON_WORDS


def _with_bare_lists(lines: list[Line]) -> list[Line]:
    """Mark two or more lines without full stops below a short line that ends in a colon as the list they are."""
    marked = list(lines)
    for index, line in enumerate(lines):
        if line.rule is not None or not line.text.endswith(":") or line.words > _LIST_LEAD_WORDS:
            continue
        end = index + 1
        while end < len(lines) and _may_be_item(lines[end]):
            end += 1
        if end - index > 2:  # noqa: PLR2004  the lead and one line more is no list
            marked[index + 1 : end] = [replace(item, kind=BlockKind.LIST_ITEM) for item in lines[index + 1 : end]]
    return marked


def _may_be_item(line: Line) -> bool:
    return _may_be_short_headline(line) and not line.head and line.words <= _LIST_ITEM_WORDS


def _without_bare_names(lines: list[Line]) -> list[Line]:
    """Drop a name that stands above "Staff Writer": a "by" line without its "by"."""
    return [
        replace(line, rule="byline-line")
        if _may_be_item(line) and index + 1 < len(lines) and lines[index + 1].rule == "byline-line"
        else line
        for index, line in enumerate(lines)
    ]


def _with_lead_colons(lines: list[Line]) -> list[Line]:
    """Mark what is in quotation marks, or announced by a line that ends in a colon, as the paragraph it is."""
    marked = []
    announced = False
    for line in lines:
        told = announced or bool(_QUOTED.match(line.text))
        paragraph = told and _may_be_short_headline(line) and not line.head and line.kind is None
        marked.append(replace(line, kind=BlockKind.PARAGRAPH) if paragraph else line)
        if line.rule is None:
            announced = line.text.endswith(":")
    return marked


def _judged(lines: list[Line], *, scraped: bool) -> list[Piece]:
    judged = []
    following: Line | None = None
    for line in reversed(lines):
        stray = _stray_rule(line, following) if line.rule is None else None
        if stray and not scraped:
            # Nothing tells that it is not the article's: it is read, as more than a heading.
            judged.append(_piece(replace(line, kind=BlockKind.PARAGRAPH)))
        else:
            judged.append(_piece(replace(line, rule=line.rule or stray)))
        if line.rule is None and not line.head:
            following = line
    return judged[::-1]


def _piece(line: Line) -> Piece:
    return Piece(kind=_kind(line), text=line.text, rule=line.rule, head=line.head)


def _stray_rule(line: Line, following: Line | None) -> str | None:
    if line.head or line.kind or line.bullet or line.punctuated:
        return None
    if line.words > _HEADING_WORDS:
        return "related-headline"
    return None if following is not None and (following.substance or following.bullet) else "stray-line"


def _kind(line: Line) -> BlockKind:
    if line.kind:
        return line.kind
    if line.bullet:
        return BlockKind.LIST_ITEM
    return BlockKind.PARAGRAPH if line.punctuated else BlockKind.HEADING
