"""What an article is filed under: sections, authors, tags. From its page, or told by a CMS, whose word counts for more.

Values only; which shows list what is labelled how is `briefing.podcasts.rules`'s.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator

from briefing.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Labels of one kind that are kept, and letters of each: pages carry whole essays in their keywords.
MOST_LABELS = 50
MOST_LETTERS = 100

#: What no feed and no database takes: controls but white space, and halves of surrogate pairs.
_UNUSABLE = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")

_BETWEEN = re.compile(r"\s*[,;&]\s*(?:and\s+)?|\s+(?:and|und|et|y|e|en|i|та|і|и)\s+")


def tidied(labels: Iterable[object]) -> tuple[str, ...]:
    """Return labels without blanks at their ends, each once whatever its case, within the bounds."""
    found: dict[str, str] = {}
    for label in labels:
        text = " ".join(_UNUSABLE.sub("", label).split())[:MOST_LETTERS] if isinstance(label, str) else ""
        if text:
            found.setdefault(fold(text), text)
    return tuple(found.values())[:MOST_LABELS]


def fold(label: str) -> str:
    """Return what two spellings of a label have in common: case and spaces do not count."""
    return " ".join(label.casefold().split())


def names_in(byline: str) -> list[str]:
    """Return the names that a byline joins."""
    return [name for name in _BETWEEN.split(byline) if name]


def _several(given: object) -> object:
    """Take one text for a list of one, as exports have it, and tidy lists up."""
    if isinstance(given, str):
        return tidied([given])
    return tidied(given) if isinstance(given, list | tuple) else given


Several = Annotated[tuple[str, ...], BeforeValidator(_several)]


class Labels(Value):
    """What an article is filed under; None: nobody said."""

    sections: Several | None = None
    authors: Several | None = None
    tags: Several | None = None

    def over(self, other: Labels) -> Labels:
        """Return these labels, and those of `other` of each kind that these say nothing of."""
        return other.model_copy(update={name: value for name, value in self if value is not None})
