"""Forms that ukrainian-tn misreads (measured on 0.6.0), put in words beforehand.

Model numbers ("Су-34" came out as "ес у дефіс …"), units after a hyphen, scores, telephone numbers, speeds and areas,
"тис." after a decimal. What a day, an hour or a numeral asks for is in `calendar`, what a noun or ending in `counts`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from worker.normalise.edits import alternation
from worker.normalise.ukrainian import calendar, counts, measures
from worker.normalise.ukrainian.library import cardinal, dative, digits, ordinal

_Say: TypeAlias = Callable[[re.Match[str]], str] | str

_UNITS = {
    "кв. км": "квадратних кілометрів", "кв.км": "квадратних кілометрів", "кв. м": "квадратних метрів",
    "кв.м": "квадратних метрів", "куб. м": "кубічних метрів", "км²": "квадратних кілометрів",
    "м²": "квадратних метрів", "км/год": "кілометрів на годину", "м/с": "метрів на секунду",
    "грн/л": "гривень за літр", "грн/кг": "гривень за кілограм", "кВт·год": "кіловат-годин",
    "кВт-год": "кіловат-годин", "МВт·год": "мегават-годин",
}  # fmt: skip
_TITLES = {
    "ген": "генерал", "полк": "полковник", "підполк": "підполковник", "проф": "професор", "акад": "академік",
    "доц": "доцент",
}  # fmt: skip

_LETTER = "А-ЯІЇЄҐа-яіїєґA-Za-z"

_PHONE = re.compile(r"(?<![\w+])(?:\+\d{2,3}|0\d{2})[\s(]?\(?\d{2,3}\)?[\s-]?\d{2,3}[\s-]?\d{2}[\s-]?\d{0,2}(?!\w)")
_MODEL = re.compile(
    rf"(?<![\w-])(?P<name>[А-ЯІЇЄҐA-Z][{_LETTER}]{{0,7}})-(?P<number>\d{{1,4}})(?P<letters>[А-ЯІЇЄҐA-Z]{{0,2}})(?![\w-]|,\d)"
)
#: Free calls: "0 800 500 335". The library makes it a number of Ukraine's, +380.
_FREE = re.compile(r"(?<![\w+,.-])0[\s-]?800(?:[\s-]\d{3}[\s-]\d{3}|(?:[\s-]\d{2,3}){3})(?![\w-]|[.,]\d)")
_SERIES = re.compile(r"(?<=\s)(?P<first>7[0-8]7|3[0-8]0)-(?P<second>\d{2,3})(?!\w)")
_HYPHENED = re.compile(r"(?<![\w-])(?P<number>\d{1,5})-(?P<unit>мм|см|м|км|кг|т)(?![\w-])")
_SCORE = re.compile(r"(?<![\w,.:/–-])(?P<first>\d{1,2})[-–:](?P<second>\d)(?![\w%:–-]|,\d)")
_ROUND_THE_CLOCK = re.compile(r"(?<!\w)24/7(?!\w)")
_THOUSANDS = re.compile(r"(?<=,\d)\s?тис\.?(?=\s|$|,)")
_TITLE = re.compile(rf"(?<![\w.])(?P<title>(?i:{alternation(_TITLES)}))\.(?=\s[А-ЯІЇЄҐ])")
_UNIT = re.compile(rf"(?<!\w)(?:{alternation(_UNITS)})(?![\w²])")


def _phone(match: re.Match[str]) -> str:
    said = ", ".join(digits(group) for group in re.findall(r"\d+", match.group()))
    return f"плюс {said}" if match.group().startswith("+") else said


def _model(match: re.Match[str]) -> str:
    letters = f" {match['letters']}" if match["letters"] else ""
    return f"{match['name']} {cardinal(int(match['number']))}{letters}"


def _score(match: re.Match[str]) -> str:
    first, second = int(match["first"]), int(match["second"])
    # 3-5 is a span, 5-3 a result; 17:45 is an hour and has two digits behind its colon.
    return f"{cardinal(first)} {cardinal(second)}" if first >= second else match.group()


def _title(match: re.Match[str]) -> str:
    said = _TITLES[match["title"].lower()]
    return said.capitalize() if match["title"][0].isupper() else said


_TELEPHONE = re.compile(r"(?<!\w)(?P<first>[Тт])ел\.(?=\s?[+\d(])")

_FORMS: tuple[tuple[re.Pattern[str], _Say], ...] = (
    (_TELEPHONE, lambda match: f"{match['first']}елефон"),
    (_FREE, _phone),
    (_PHONE, _phone),
    (_SERIES, lambda match: f"{cardinal(int(match['first']))} {cardinal(int(match['second']))}"),
    (_MODEL, _model),
    (counts.ORDINAL_IN, lambda match: match["at"] + ordinal(int(match["number"]), "dat")),
    (counts.ORDINAL_AS, lambda match: ordinal(int(match["number"]), "ins")),
    (counts.DATIVE, lambda match: dative(int(match["number"]))),
    (measures.MEASURE, measures.measure),
    (_HYPHENED, r"\g<number> \g<unit>"),
    (counts.CARDINAL, counts.cardinal_ending),
    (counts.ORDINAL, counts.ordinal_ending),
    (_ROUND_THE_CLOCK, lambda _: "двадцять чотири на сім"),
    (_SCORE, _score),
    (calendar.CENTURY, calendar.century),
    (calendar.CENTURY_OF, calendar.century_of),
    (calendar.QUARTER, calendar.quarter),
    (calendar.WORLD_WAR, calendar.world_war),
    (calendar.ROMAN_FOLDED, calendar.folded),
    (_TITLE, _title),
    (calendar.DAYS, calendar.days),
    (calendar.CLOCK, calendar.clock),
    (calendar.HOUR_AT, calendar.hour_at),
    (calendar.HOUR_BOUND, calendar.hour_bound),
    (_UNIT, lambda match: _UNITS[match.group()]),
    (_THOUSANDS, lambda _: " тисяч"),
    (counts.HRYVNIAS, counts.hryvnias),
    (counts.DECIMAL, counts.decimal),
    (counts.TWO, counts.two),
    (counts.ONE, counts.one),
)


def in_words(text: str) -> str:
    """Return `text` with the forms the library would misread put in words."""
    for pattern, say in _FORMS:
        text = pattern.sub(say, text)
    return text
