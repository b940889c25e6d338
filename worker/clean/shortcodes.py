"""WordPress's shortcodes that nothing rendered: `[newsletter_signup list="daily"]` stays in the text and is no story.

Sets each apart in an element of its own, so that the walk takes it out of its line and the ledger has it. What editors
write in brackets, “[sic]” and “the [former] minister”, stays.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from lxml.html import HtmlElement

#: Class of the elements that are put around them.
SHORTCODE = "briefcast-shortcode"

#: A bracket that could be one. Bounded, so that a page of brackets costs no more than another.
_BRACKET = re.compile(r"\[(?P<close>/?)(?P<name>[A-Za-z][\w-]{0,60})(?P<rest>(?:\s[^\[\]]{0,1000})?)\]")

#: An address between an opening and a closing one, as in [embed]…[/embed], is for them.
_ADDRESS_WITHIN = re.compile(r"\]\s*(?:https?://\S{1,2000}?)\s*\[/")

_ATTRIBUTE = re.compile(r"\s[\w-]+=\S")

#: Those of WordPress itself that may stand alone.
_OWN = frozenset("audio caption embed gallery playlist video wp_caption".split())

#: Markup whose text is as it is.
_LITERAL = frozenset({"code", "pre", "script", "style", "textarea", "kbd", "samp"})


def set_apart(tree: HtmlElement) -> None:
    """Put an element of the class SHORTCODE around each shortcode in the text of `tree`."""
    closed = {found["name"].lower() for text in tree.itertext() for found in _BRACKET.finditer(text) if found["close"]}
    for element in list(tree.iter()):
        if not isinstance(element.tag, str):
            continue
        if element.tag not in _LITERAL and element.text and "[" in element.text:
            _split(element, element.text, closed, tail=False)
        parent = element.getparent()
        if parent is not None and parent.tag not in _LITERAL and element.tail and "[" in element.tail:
            _split(element, element.tail, closed, tail=True)


def _split(element: HtmlElement, text: str, closed: set[str], *, tail: bool) -> None:
    """Set apart the shortcodes in the text of an element, or in that behind it."""
    spans = _merged(text, [found.span() for found in _BRACKET.finditer(text) if _is_one(found, closed)])
    if not spans:
        return
    parent = element.getparent() if tail else element
    at = parent.index(element) + 1 if tail else 0
    before = text[: spans[0][0]]
    if tail:
        element.tail = before
    else:
        element.text = before
    for number, (start, end) in enumerate(spans):
        made = etree.SubElement(parent, "span", {"class": SHORTCODE})
        made.text = text[start:end]
        made.tail = text[end : spans[number + 1][0] if number + 1 < len(spans) else len(text)]
        parent.insert(at + number, made)


def _is_one(found: re.Match[str], closed: set[str]) -> bool:
    name, rest = found["name"].lower(), found["rest"]
    return bool(
        found["close"]
        or name in closed
        or name in _OWN
        or "_" in name
        or rest.strip() == "/"
        or _ATTRIBUTE.search(rest)
        or (rest and any(map(str.isdecimal, name)))
    )


def _merged(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the places with an address between two of them made one."""
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and _ADDRESS_WITHIN.fullmatch(text, merged[-1][1] - 1, start + 2):
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged
