"""Ukrainian: numbers, dates, money and measures by ukrainian-tn, behind the rules of our own that it needs first.

The library inflects, which a table of numbers cannot. It rewrites whole texts and says nothing of where; the spans are
found by comparing its words with the written ones, and only a change that begins at a digit, a sign or a shortened word
is taken over, so that no editor's word is ever replaced. Initialisms are left to the lexicon and the engine.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import cache
from typing import TYPE_CHECKING, Any

from worker.normalise.edits import Edit, Rule, alternation, by_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORD = re.compile(r"\S+")
_NEEDED = re.compile(r"[\d%№₴$€£°½¼¾§]|\b(?:[XVI]{2,}|[Іі]{2,}|кв|куб|тис|млн|млрд|грн|вул|просп|обл|км|кг|ст|рр?)\b")
_EDGE = "«»“”„\"'()[],;:!?…—–"

#: Measures that the library reads as something else ("кв. км" as flats), put in words of as many parts beforehand.
_MEASURES = {
    "кв. км": "квадратних кілометрів",
    "кв. м": "квадратних метрів",
    "куб. м": "кубічних метрів",
}
_MEASURE = re.compile(rf"(?<![\w])(?:{alternation(_MEASURES)})(?!\w)")
_TITLES = {
    "ген.": "генерал", "полк.": "полковник", "підполк.": "підполковник", "проф.": "професор", "акад.": "академік",
    "доц.": "доцент",
}  # fmt: skip
_TITLE = re.compile(r"(?<![\w.])(?P<title>(?i:ген|полк|підполк|проф|акад|доц))\.(?=\s[А-ЯІЇЄҐ])")
_HOURS = re.compile(
    r"\b(?P<word>[Зз]|[Іі]з|[Вв]ід|[Дд]о|[Пп]ісля|[Бб]лизько)\s(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?![:\d])"
)


@cache
def _library() -> tuple[Any, Any]:
    """Return ukrainian-tn and our options for it: it takes 50 ms to load, which other languages are spared."""
    import ukrainian_tn  # noqa: PLC0415

    options = ukrainian_tn.NormalizeOptions()
    options.expand_known_acronyms = False
    options.spell_unknown_acronyms = False
    options.transliterate_latin = False
    options.normalize_english_words = False
    options.repair_homoglyphs = False
    options.range_style = "from_to"
    return ukrainian_tn, options


def _hours(match: re.Match[str]) -> str:
    library, _ = _library()
    said = f"{match['word']} {library.number_to_ordinal_words(int(match['hour']), 'gen_f')} години"
    if match["minute"] == "00":
        return said
    return f"{said} {library.number_to_words_case(int(match['minute']), 'genitive')} хвилин"


def _title(match: re.Match[str]) -> str:
    said = _TITLES[f"{match['title'].lower()}."]
    return said.capitalize() if match["title"][0].isupper() else said


def _numbers(written: str) -> Iterator[Edit]:
    """Propose what the library says otherwise."""
    if not _NEEDED.search(written):
        return
    library, options = _library()
    before = list(_WORD.finditer(written))
    prepared = _MEASURE.sub(lambda match: _MEASURES[match.group()], written)
    after = library.normalize_with(prepared, options).split()
    matcher = SequenceMatcher(None, [match.group() for match in before], after, autojunk=False)
    for tag, start, end, said_from, said_to in matcher.get_opcodes():
        if tag == "equal" or start == end:
            continue
        first, last = before[start].start(), before[end - 1].end()
        if _is_reading(written[first:last]):
            yield from _trimmed(written, first, last, " ".join(after[said_from:said_to]))


def _is_reading(text: str) -> bool:
    """Tell whether a written stretch is one that needs reading, and no word an editor spelled out."""
    return bool(_NEEDED.search(text))


def _trimmed(written: str, start: int, end: int, spoken: str) -> Iterator[Edit]:
    """Yield the edit without the punctuation that both forms share at their edges."""
    while start < end and spoken and written[start] == spoken[0] and written[start] in _EDGE:
        start, spoken = start + 1, spoken[1:]
    while start < end and spoken and written[end - 1] == spoken[-1] and written[end - 1] in _EDGE + ".":
        end, spoken = end - 1, spoken[:-1]
    if start < end:
        yield Edit(start, end, spoken, "ukrainian-tn")


RULES: tuple[Rule, ...] = (
    by_pattern("title", _TITLE, _title),
    by_pattern("clock", _HOURS, _hours),
    _numbers,
)
