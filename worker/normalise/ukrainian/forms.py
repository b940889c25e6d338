"""Forms that ukrainian-tn misreads (measured on 0.6.0), put in words beforehand.

Model numbers ("Су-34" came out as "ес у дефіс …"), units and ordinal endings after a hyphen, clock hours after "з" and
"до", scores, telephone numbers, speeds and areas, "тис." after a decimal, and the gender of one and two.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from worker.normalise.edits import alternation
from worker.normalise.ukrainian.library import cardinal, digits, genitive, ordinal

_Say: TypeAlias = Callable[[re.Match[str]], str]

_UNITS = {
    "кв. км": "квадратних кілометрів", "кв.км": "квадратних кілометрів", "кв. м": "квадратних метрів",
    "кв.м": "квадратних метрів", "куб. м": "кубічних метрів", "км²": "квадратних кілометрів",
    "м²": "квадратних метрів", "км/год": "кілометрів на годину", "м/с": "метрів на секунду",
    "грн/л": "гривень за літр", "грн/кг": "гривень за кілограм", "кВт·год": "кіловат-годин",
    "кВт-год": "кіловат-годин", "МВт·год": "мегават-годин",
}  # fmt: skip
_HYPHENED_UNITS = {
    "мм": "міліметрів",
    "см": "сантиметрів",
    "м": "метрів",
    "км": "кілометрів",
    "кг": "кілограмів",
    "т": "тонн",
}
_TITLES = {
    "ген": "генерал", "полк": "полковник", "підполк": "підполковник", "проф": "професор", "акад": "академік",
    "доц": "доцент",
}  # fmt: skip

#: Written ending of an ordinal -> the library's form.
_ENDINGS = {
    "й": "nom_m", "ий": "nom_m", "ій": "loc_f", "а": "nom_f", "я": "nom_f", "та": "nom_f", "ша": "nom_f",
    "га": "nom_f", "ма": "nom_f", "тя": "nom_f", "е": "nom_n", "те": "nom_n", "ше": "nom_n", "ге": "nom_n",
    "ме": "nom_n", "є": "nom_n", "ї": "gen_f", "ої": "gen_f", "го": "gen", "ого": "gen", "му": "dat", "ому": "dat",
    "у": "acc_f", "ту": "acc_f", "шу": "acc_f", "гу": "acc_f", "ю": "ins_f", "ою": "ins_f", "м": "ins", "им": "ins",
    "ті": "nom_pl", "ні": "nom_pl", "ші": "nom_pl", "гі": "nom_pl", "мі": "nom_pl", "і": "nom_pl", "х": "pl",
    "их": "pl", "ми": "ins_pl", "ими": "ins_pl",
}  # fmt: skip

#: Nouns of the feminine that news counts, by their beginnings: two of them are "дві".
_FEMININE = (
    "ракет|машин|бригад|особ|осіб|жінк|жінок|годин|хвилин|секунд|атак|доб|тисяч|груп|парті|держав|країн|област|лікарн|"
    "школ|квартир|сім|пожеж|станц|дівчин|дитин|позиц|колон|гармат|гривн|копій|тонн|ціл|спроб|вулиц|мін|бомб|систем|"
    "компан|мов|книг|операц|рот|фабрик|будівл|споруд|установ|шахт|електростанц|підстанц|мільйонн"
)
_LETTER = "А-ЯІЇЄҐа-яіїєґA-Za-z"

_PHONE = re.compile(r"(?<![\w+])(?:\+\d{2,3}|0\d{2})[\s(]?\(?\d{2,3}\)?[\s-]?\d{2,3}[\s-]?\d{2}[\s-]?\d{0,2}(?!\w)")
_MODEL = re.compile(
    rf"(?<![\w-])(?P<name>[А-ЯІЇЄҐA-Z][{_LETTER}]{{0,7}})-(?P<number>\d{{1,4}})(?P<letters>[А-ЯІЇЄҐA-Z]{{0,2}})(?![\w-]|,\d)"
)
_SERIES = re.compile(r"(?<=\s)(?P<first>7[0-8]7|3[0-8]0)-(?P<second>\d{2,3})(?!\w)")
_HYPHENED = re.compile(rf"(?<![\w-])(?P<number>\d{{1,5}})-(?P<unit>{alternation(_HYPHENED_UNITS)})(?![\w-])")
_ORDINAL = re.compile(
    rf"(?:(?P<at>\b[Оо]б?)\s)?(?<![\w,.-])(?P<number>\d{{1,4}})-(?P<ending>{alternation(_ENDINGS)})(?![\w-])"
)
_SCORE = re.compile(r"(?<![\w,.:/–-])(?P<first>\d{1,2})[-–:](?P<second>\d)(?![\w%:–-]|,\d)")
_ROUND_THE_CLOCK = re.compile(r"(?<!\w)24/7(?!\w)")
_THOUSANDS = re.compile(r"(?<=,\d)\s?тис\.?(?=\s|$|,)")
_CENTURY = re.compile(r"\b(?P<word>[УуВв])\s(?P<roman>[XVI]+)\s?ст\.")
_TITLE = re.compile(rf"(?<![\w.])(?P<title>(?i:{alternation(_TITLES)}))\.(?=\s[А-ЯІЇЄҐ])")
_HOURS = re.compile(
    r"\b(?P<word>[Зз]|[Іі]з|[Вв]ід|[Дд]о|[Пп]ісля|[Бб]лизько)\s(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?![:\d])"
)
_UNIT = re.compile(rf"(?<!\w)(?:{alternation(_UNITS)})(?![\w²])")
_TWO = re.compile(rf"(?<![\w,.-])(?P<number>\d*2)(?=\s(?:{_FEMININE}))")
_ONE = re.compile(r"(?<![\w,.-])(?P<number>\d*1)(?=\s[а-яіїєґ’']+(?P<ending>[аяуюое])\b)")
_ONES = {"а": "одна", "я": "одна", "у": "одну", "ю": "одну", "о": "одне", "е": "одне"}


def _phone(match: re.Match[str]) -> str:
    said = ", ".join(digits(group) for group in re.findall(r"\d+", match.group()))
    return f"плюс {said}" if match.group().startswith("+") else said


def _model(match: re.Match[str]) -> str:
    letters = f" {match['letters']}" if match["letters"] else ""
    return f"{match['name']} {cardinal(int(match['number']))}{letters}"


def _ordinal(match: re.Match[str]) -> str:
    form = _ENDINGS[match["ending"]]
    if match["at"]:
        # "О 9-й ранку": the hour, in the locative.
        return f"{match['at']} {ordinal(int(match['number']), 'loc_f')}"
    return ordinal(int(match["number"]), form)


def _score(match: re.Match[str]) -> str:
    first, second = int(match["first"]), int(match["second"])
    # 3-5 is a span, 5-3 a result; 17:45 is an hour and has two digits behind its colon.
    return f"{cardinal(first)} {cardinal(second)}" if first >= second else match.group()


def _century(match: re.Match[str]) -> str:
    return f"{match['word']} {ordinal(_roman(match['roman']), 'loc')} столітті"


def _roman(text: str) -> int:
    values = [{"I": 1, "V": 5, "X": 10}[letter] for letter in text]
    return sum(
        -value if value < following else value for value, following in zip(values, [*values[1:], 0], strict=True)
    )


def _title(match: re.Match[str]) -> str:
    said = _TITLES[match["title"].lower()]
    return said.capitalize() if match["title"][0].isupper() else said


def _hours(match: re.Match[str]) -> str:
    said = f"{match['word']} {ordinal(int(match['hour']), 'gen_f')} години"
    return said if match["minute"] == "00" else f"{said} {genitive(int(match['minute']))} хвилин"


def _two(match: re.Match[str]) -> str:
    words = cardinal(int(match["number"]))
    return f"{words[:-3]}дві" if words.endswith("два") else words


def _one(match: re.Match[str]) -> str:
    words = cardinal(int(match["number"]))
    return f"{words[:-4]}{_ONES[match['ending']]}" if words.endswith("один") else words


_TELEPHONE = re.compile(r"(?<!\w)(?P<first>[Тт])ел\.(?=\s?[+\d(])")

_FORMS: tuple[tuple[re.Pattern[str], _Say], ...] = (
    (_TELEPHONE, lambda match: f"{match['first']}елефон"),
    (_PHONE, _phone),
    (_SERIES, lambda match: f"{cardinal(int(match['first']))} {cardinal(int(match['second']))}"),
    (_MODEL, _model),
    (_HYPHENED, lambda match: f"{cardinal(int(match['number']))} {_HYPHENED_UNITS[match['unit']]}"),
    (_ORDINAL, _ordinal),
    (_ROUND_THE_CLOCK, lambda _: "двадцять чотири на сім"),
    (_SCORE, _score),
    (_CENTURY, _century),
    (_TITLE, _title),
    (_HOURS, _hours),
    (_UNIT, lambda match: _UNITS[match.group()]),
    (_THOUSANDS, lambda _: " тисяч"),
    (_TWO, _two),
    (_ONE, _one),
)


def in_words(text: str) -> str:
    """Return `text` with the forms the library would misread put in words."""
    for pattern, say in _FORMS:
        text = pattern.sub(say, text)
    return text
