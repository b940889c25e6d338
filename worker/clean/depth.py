"""How deeply a page's markup nests, found in one pass before any parser sees it.

libxml2 and trafilatura return empty text beyond 256 levels without a word, and other parsers take seconds, so deep
pages are refused by name (guarantees S5).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from briefing.errors import PageRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

#: libxml2's limit is 256; some levels are left for the wrappers a parser adds.
MOST_LEVELS = 240

_VOID = frozenset(("area base br col embed hr img input link meta param source track wbr").split())

#: Elements whose end tag may be left out: each closes the one before it, so they do not nest by themselves.
_SELF_CLOSING = frozenset(("p li dt dd option optgroup tr td th thead tbody tfoot colgroup rp rt").split())

#: Elements whose content is text, whatever it looks like.
_RAW = frozenset(("script", "style", "textarea"))

_NAME = re.compile(r"</?([a-zA-Z][a-zA-Z0-9:-]*)")


def check_depth(markup: str) -> None:
    """Raise PageRefused (page_too_deep) when elements nest beyond `MOST_LEVELS`."""
    level = 0
    open_now: dict[str, int] = {}
    for name, closing in _tags(markup):
        if name in _VOID or name in _SELF_CLOSING:
            continue
        if closing:
            if open_now.get(name):
                open_now[name] -= 1
                level -= 1
            continue
        open_now[name] = open_now.get(name, 0) + 1
        level += 1
        if level > MOST_LEVELS:
            message = f"the page nests more than {MOST_LEVELS} elements"
            raise PageRefused(message, code="page_too_deep", hint="Give the article's own text instead of this page.")


def _tags(markup: str) -> Iterator[tuple[str, bool]]:
    """Yield (name in lower case, whether it closes) for each tag, in time that grows with the page and no faster: an
    opening that is never closed is looked for once.
    """
    lower = markup.lower()
    position = lower.find("<")
    while position >= 0:
        if lower.startswith("<!--", position):
            end = lower.find("-->", position)
        else:
            match = _NAME.match(lower, position)
            if match is None:
                position = lower.find("<", position + 1)
                continue
            end = lower.find(">", match.end())
            name, closing = match.group(1), lower[position + 1] == "/"
            if end > 0 and lower[end - 1] != "/":
                yield name, closing
            if name in _RAW and not closing:
                end = lower.find(f"</{name}", match.end())
        if end < 0:
            return
        position = lower.find("<", end)
