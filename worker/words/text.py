"""Bytes to text, and text to plain lines. No markup, no rules about content."""

from __future__ import annotations

import codecs
import html
import re

#: References with more digits than any character has: Python refuses to read numbers of thousands of them.
_NO_CHARACTER = re.compile(r"&#[0-9]{8,};?|&#[xX][0-9A-Fa-f]{7,};?")

_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_.:-]{2,40})""", re.IGNORECASE)
_WHITE = re.compile(r"\s+")

#: Characters that carry no sound and break comparisons: soft hyphen, zero-width marks, directional marks, BOM.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")

#: Controls other than tab and line breaks; they are invalid in XML 1.0, and so in a feed (S8).
#: Likewise halves of surrogate pairs, such as a cut emoji leaves in JSON: no file or database takes them.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def decode_page(content: bytes, charset: str | None = None) -> str:
    """Return a page's text: by its byte order mark, the server's `charset`, its own meta tag, UTF-8, and at last
    Windows-1252, the Web's default for pages that say nothing (WHATWG Encoding). Never raises.
    """
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return clean_characters(content[len(mark) :].decode(encoding, "replace"))
    declared = _META_CHARSET.search(content[:2048])
    named = declared.group(1).decode("ascii") if declared else None
    for candidate in filter(None, (charset, named, "utf-8")):
        try:
            return clean_characters(content.decode(candidate))
        except (LookupError, ValueError):
            continue  # unknown, wrong, or no charset at all, as "undefined" and "idna" are to Python
    return clean_characters(content.decode("windows-1252", "replace"))


def clean_characters(text: str) -> str:
    r"""Return `text` without control characters, its line breaks as "\\n"."""
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def unescaped(text: str) -> str:
    """Return `text` with its character references as what they stand for. Never raises."""
    return html.unescape(_NO_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", text))


def one_line(text: str) -> str:
    """Return `text` on one line: white space folded, invisible characters gone, edges stripped."""
    return _WHITE.sub(" ", _INVISIBLE.sub("", text)).strip()
