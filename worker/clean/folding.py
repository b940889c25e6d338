"""Two writings of the same words made equal, for comparing blocks. Never for what is read."""

from __future__ import annotations

import re

from worker.words.text import one_line

_BETWEEN = re.compile(r"[\W_]+")


def worded(text: str) -> str:
    """Return `text` like `folded`, with a space around each word: "he won" is not in "the wonder"."""
    return f" {_BETWEEN.sub(' ', one_line(text).casefold()).strip()} "


def folded(text: str) -> str:
    """Return `text` reduced to what two writings of the same words share: letters and digits in lower case."""
    return _BETWEEN.sub("", one_line(text).casefold())
