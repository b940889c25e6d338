"""An article whose every paragraph has a word of its own, to see how far anybody got."""

from __future__ import annotations

#: One for each paragraph: in no other text, and whole in whatever form a text takes.
WORDS = ("quokkafirst", "wombatsecond", "numbatthird", "bilbyfourth", "potoroofifth")

ARTICLE = """# Harbour board opens its books

The board met a quokkafirst.

It read a wombatsecond.

A third is a numbatthird.

A bilbyfourth is to come.

Who pays for the potoroofifth?
"""


def found(content):
    """The words that bytes hold, in order."""
    text = content if isinstance(content, bytes) else content.encode()
    return [word for word in WORDS if word.encode() in text]
