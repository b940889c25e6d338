"""Names that must never be spoken nor published: under court order, of minors. Texts -> which entries of the list stand
in them, by number.

Compared without regard to case, accents, width, punctuation, and to how the words are parted: by spaces, lines or
hyphens. Whole words only, a possessive apart. Not to inflection: a name that is declined has an entry for each form.
Nothing here, and nobody who calls it, writes a name into a log, an error or an answer: an entry is told by its number.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from briefing.errors import NeverSpeak

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

#: Letters of an apostrophe, and of a hyphen with what may follow it at the end of a line.
_APOSTROPHES = re.compile(r"['\u2018\u2019\u02bc\uff07`\u00b4]")
_HYPHENS = re.compile(r"[-\u2010-\u2015\u2212\u00ad\ufe58\ufe63\uff0d]\s*")
_WORDS = re.compile(r"[^\W_]+")

#: What may follow a name's last word, with or without an apostrophe before it.
_POSSESSIVE = "s"


@dataclass(frozen=True)
class Hit:
    """An entry of the list that stands in a text."""

    entry: int
    """Its place in the list, from 1."""
    where: str
    """A segment's ID, or what else it is: title, byline, labels, note."""


def find(entries: Sequence[str], texts: Iterable[tuple[str, str]]) -> list[Hit]:
    """Return which entries stand in which of `texts`, given as (where, text)."""
    wanted = _compiled(tuple(entries))
    lengths = sorted({len(words) for words in wanted})
    found = (
        Hit(number, where)
        for where, text in (texts if wanted else ())
        for words in _readings(text)
        for number in _entries_in(words, wanted, lengths)
    )
    return list(dict.fromkeys(found))


def _entries_in(
    words: Sequence[str], wanted: Mapping[tuple[str, ...], Sequence[int]], lengths: Sequence[int]
) -> Iterator[int]:
    for start in range(len(words)):
        for length in lengths:
            name = tuple(words[start : start + length])
            if len(name) < length:
                break
            yield from wanted.get(name, ())
            if name[-1].endswith(_POSSESSIVE):
                yield from wanted.get((*name[:-1], name[-1].removesuffix(_POSSESSIVE)), ())


def texts_of(script: Mapping[str, Any] | None, *cards: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    """Yield all that is heard or read of a revision, from its dumped script and cards."""
    for segment in (script or {}).get("segments", ()):
        yield segment["id"], segment["written"]
        yield segment["id"], segment["spoken"]
    for article in (script or {}).get("articles", ()):
        yield "title", article.get("title") or ""
        yield "byline", article.get("byline") or ""
        yield "labels", " . ".join(label for kind in ("sections", "authors", "tags") for label in article.get(kind, ()))
        yield "address", article.get("address") or ""
    for told in (script or {}, *cards):
        if told:
            yield "title", told.get("title") or ""
            yield "byline", told.get("byline") or ""
            yield "note", told.get("correction") or ""
            yield "note", told.get("summary") or ""
            yield "note", " . ".join(str(value) for value in (told.get("kept") or {}).values() if value)


def refusal(hits: Sequence[Hit], places: Mapping[str, str] | None = None) -> NeverSpeak:
    """Return the error that tells of hits: the entries' numbers and where they stand, no name. `places` says in words
    where segments are, by their IDs; else they are told by those.
    """
    entries = ", ".join(str(number) for number in sorted({hit.entry for hit in hits}))
    where = ", ".join(dict.fromkeys((places or {}).get(hit.where, hit.where) for hit in hits))
    return NeverSpeak(f"it holds what must not be spoken: entry {entries} of the list, in {where}")


@lru_cache(maxsize=64)
def _compiled(entries: tuple[str, ...]) -> dict[tuple[str, ...], list[int]]:
    """Return the entries' numbers by their words."""
    compiled: dict[tuple[str, ...], list[int]] = {}
    for number, entry in enumerate(entries, 1):
        for words in _readings(entry):
            if words:
                compiled.setdefault(tuple(words), []).append(number)
    return compiled


def _readings(text: str) -> Iterator[list[str]]:
    """Yield a text's words, hyphens taken as spaces, and once more as if they were not there where there are any."""
    plain = _plain(text)
    yield _WORDS.findall(_HYPHENS.sub(" ", plain))
    if _HYPHENS.search(plain):
        yield _WORDS.findall(_HYPHENS.sub("", plain))


def _plain(text: str) -> str:
    """Return a text without case, accents, width, invisible characters and apostrophes' kinds."""
    parts = unicodedata.normalize("NFKD", text)
    seen = "".join(
        character
        for character in parts
        if not unicodedata.combining(character) and (unicodedata.category(character) != "Cf" or character == "\u00ad")
    )
    return _APOSTROPHES.sub(" ", unicodedata.normalize("NFKD", seen.casefold()))
