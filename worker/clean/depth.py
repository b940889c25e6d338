"""How deeply a page's markup nests, found in one pass before any parser sees it.

libxml2 and trafilatura return empty text beyond 256 levels without a word, and other parsers take seconds, so deep
pages are refused by name (guarantees S5).
"""

from __future__ import annotations

import re

from briefing.errors import PageRefused

#: libxml2's limit is 256; some levels are left for the wrappers a parser adds.
MOST_LEVELS = 240

_VOID = frozenset(("area base br col embed hr img input link meta param source track wbr").split())

#: Elements whose end tag may be left out: each closes the one before it, so they do not nest by themselves.
_SELF_CLOSING = frozenset(("p li dt dd option optgroup tr td th thead tbody tfoot colgroup rp rt").split())

_TAG = re.compile(
    r"<!--.*?-->|<(script|style|textarea)\b.*?</\1\s*>|<(/?)([a-zA-Z][a-zA-Z0-9:-]*)[^>]*?(/?)>", re.DOTALL
)


def check_depth(markup: str) -> None:
    """Raise PageRefused (page_too_deep) when elements nest beyond `MOST_LEVELS`."""
    level = 0
    open_now: dict[str, int] = {}
    for match in _TAG.finditer(markup):
        name = (match.group(3) or "").lower()
        if not name or name in _VOID or name in _SELF_CLOSING or match.group(4):
            continue
        if match.group(2):
            if open_now.get(name):
                open_now[name] -= 1
                level -= 1
            continue
        open_now[name] = open_now.get(name, 0) + 1
        level += 1
        if level > MOST_LEVELS:
            message = f"the page nests more than {MOST_LEVELS} elements"
            raise PageRefused(message, code="page_too_deep", hint="Give the article's own text instead of this page.")
