"""Comparing spoken forms as a listener would: by the words heard."""

from __future__ import annotations

import re

_PUNCTUATION = re.compile(r"[^\w\s]|_")
_AND = re.compile(r"\band\b")


def lenient(text: str) -> str:
    """Reduce a spoken text to its words: without case, hyphens, "and", punctuation and the spacing of letters."""
    return "".join(_AND.sub(" ", _PUNCTUATION.sub(" ", text.casefold())).split())
