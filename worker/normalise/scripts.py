"""Words in another script than the language's: said by Latin letters where those can be told, else left out.

An engine says such letters one by one by their names, "Cyrillic letter four five seven", for longer than any take of
its text may last. Knows languages written in Latin letters only; in others nothing is changed.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from worker.normalise.edits import Edit
from worker.normalise.transliteration import latin_word

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Rules of the spans: said by Latin letters, and not said at all.
TRANSLITERATED = "transliterated"
LEFT_OUT = "other-script"

_LATIN = frozenset(
    "af bs ca cs cy da de en es et eu fi fr ga gl hr hu id is it lb lt lv ms mt nb nl nn no pl pt ro sk sl sq sv sw tl "
    "tr vi".split()
)

#: Outside these ranges letters may be of another script; most texts have none there and cost one search.
_PERHAPS = re.compile(r"[^\x00-\u036f\u1e00-\u1eff\u2000-\u2bff]")
_APOSTROPHES = "'’ʼ"

#: What closes around a word, and what opens it: a gloss that is left out takes its brackets with it.
_PAIRS = {"(": ")", "[": "]", "（": "）", "“": "”", "„": "“”", "«": "»", "‘": "’", '"': '"', "「": "」"}


def is_latin(language: str) -> bool:
    """Tell whether a language (BCP 47) is known to be written in Latin letters."""
    return language.split("-", maxsplit=1)[0].lower() in _LATIN


def other_scripts(written: str) -> list[Edit]:
    """Propose how words in other scripts are said in a text in Latin letters."""
    if not _PERHAPS.search(written):
        return []
    edits: list[Edit] = []
    unsaid: list[tuple[int, int]] = []
    for start, end in _words(written):
        said = latin_word(written[start:end], written)
        if said is None:
            unsaid.append((start, end))
        else:
            gap = " " if start and written[start - 1].isdigit() else ""
            edits.append(Edit(start, end, gap + said, TRANSLITERATED))
    for start, end in _joined(written, unsaid):
        edits.append(Edit(*_with_surroundings(written, start, end), "", LEFT_OUT))
    return sorted(edits)


def _words(text: str) -> Iterator[tuple[int, int]]:
    """Yield the words that hold a letter of another script, [start, end)."""
    start = None
    for at, mark in enumerate(f"{text} "):
        goes_on = mark.isalpha() or unicodedata.category(mark)[0] == "M" or (start is not None and mark in _APOSTROPHES)
        if goes_on and start is None and mark.isalpha():
            start = at
        elif not goes_on and start is not None:
            end = start + len(text[start:at].rstrip(_APOSTROPHES))
            if any(map(_is_other, text[start:end])):
                yield start, end
            start = None


def _is_other(mark: str) -> bool:
    if not _PERHAPS.match(mark) or unicodedata.category(mark) not in {"Lo", "Ll", "Lu", "Lt"}:
        return False
    return not unicodedata.name(unicodedata.normalize("NFKC", mark)[0], "").startswith("LATIN")


def _joined(text: str, words: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the words with those as one between which nothing is said."""
    joined: list[tuple[int, int]] = []
    for start, end in words:
        if joined and not any(mark.isalnum() for mark in text[joined[-1][1] : start]):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _with_surroundings(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a stretch with brackets or quotation marks that hold nothing else, and with the space before it."""
    while start and end < len(text) and text[end] in _PAIRS.get(text[start - 1], ""):
        start, end = start - 1, end + 1
    before = len(text[:start].rstrip())
    if before:
        return before, end
    return 0, end + len(text[end:]) - len(text[end:].lstrip())
