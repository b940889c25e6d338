"""Names made of letters and numbers: aircraft, diseases, roads, flights, dates that became names."""

from __future__ import annotations

import re

from worker.normalise.edits import Rule, alternation, by_pattern
from worker.normalise.english.words import cardinal, digits, grouped, letters, plural

_SPOKEN = {
    "9/11": "nine eleven", "24/7": "twenty-four seven", "7/7": "seven seven", "50/50": "fifty-fifty",
    "50-50": "fifty-fifty", "20/20": "twenty twenty", "401(k)": "four oh one K", "401k": "four oh one K",
    "401(k)s": "four oh one Ks", "4x4": "four by four", "G7": "G seven", "G8": "G eight", "G20": "G twenty",
    "G-7": "G seven", "G-20": "G twenty", "23andMe": "twenty-three and Me", "501(c)(3)": "five oh one C three",
    "501(c)(4)": "five oh one C four", "3D": "three D", "2D": "two D", "5G": "five G", "4G": "four G",
    "3G": "three G", "6G": "six G", "4K": "four K", "8K": "eight K", "and/or": "and or", "w/o": "without",
    "7-Eleven": "Seven Eleven",
}  # fmt: skip
_FIXED = re.compile(rf"(?<![\w$€£/.,])(?<!\d-)(?:{alternation(_SPOKEN)})(?![\w/%]|[.,]\d|-\d)")

_COMPANY = re.compile(r"(?<![\w$€£.,])3M(?=\s(?:Co|Company|Corp)\b|['’]s)")
_NINE_ELEVEN = re.compile(
    r"\b9-11(?=\s(?:attacks?|terror|hijack|famil|commission|memorial|anniversary|victims))", re.IGNORECASE
)
_TEN_SEVEN = re.compile(r"\b10/7(?=\s(?:attacks?|massacre|hostages|terror))")
_AIRLINER = re.compile(r"(?<![\w.,$€£-])7[0-8]7(?=\s(?:MAX|Max|Dreamliner|jets?|airliners?|planes?)\b)")
_SERIES = re.compile(
    r"(?<![\w.,$€£-])(?P<model>7[0-8]7)-(?P<series>\d00|\d{1,2})(?P<letter>[A-Z]{0,2})(?![\w-]|[.,]\d)"
)
_CODE_SPAN = re.compile(r"\b(?P<letter>[QHG])(?P<first>\d)\s?[-–]\s?(?P=letter)(?P<second>\d)\b")
_KARAT = re.compile(
    r"(?<![\w.,$€£-])(?P<number>9|10|14|18|22|24)[kK](?=\s(?:(?:white|yellow|rose|solid)\s)?gold\b(?!\smedal))"
)
_CALIBER = re.compile(r"(?<![\w.])\.(?P<number>\d\d\d?)(?=[-\s]caliber)")
_MODEL = re.compile(
    r"(?<![\w.°º-])(?P<name>(?:[A-Z][A-Za-z]{0,11}|covid))[-‑](?P<number>\d{1,4})(?P<letter>[A-Z]{0,3}|[a-z])(?P<plural>s|['’]s)?(?![\w])(?![-.,]\d)",
    re.ASCII,
)
_AFTER_NAME = re.compile(
    r"\b(?P<name>Boeing|Airbus|Flight|flight|Route|Rte\.|Highway|Hwy\.|Hwy|Interstate|Section|Sec\.|§|Room|Rm\.|Apt\.|"
    r"Suite|Ste\.|Bus|bus|Line|Gate|gate|Channel|channel|Unit|unit|Building|Peugeot|Porsche|Chapter|Ch\.)\s"
    r"(?P<number>\d{3,4})(?:-(?P<series>\d{1,3}))?(?P<letter>[A-Z])?(?P<plural>s)?(?![\w%/]|[.,:-]\d)"
)
_NAME_WORDS = {"Rte.": "Route", "Hwy.": "Highway", "Hwy": "Highway", "Sec.": "Section", "§": "Section", "Rm.": "Room",
               "Apt.": "Apartment", "Ste.": "Suite", "Ch.": "Chapter"}  # fmt: skip

#: Letters before a number that are said as a word although they are capitals.
_SHORT_WORDS = frozenset({"ALL", "THE", "TOP", "MAX", "NON", "SUB", "PRO", "MIG", "JAS"})

#: Up to so many capitals are said one by one.
_SPELLED = 3


def _model(match: re.Match[str]) -> str:
    name, letter = match["name"], match["letter"]
    said_name = letters(name) if name.isupper() and len(name) <= _SPELLED and name not in _SHORT_WORDS else name
    number = grouped(match["number"])
    ending = match["plural"] or ""
    if letter:
        return f"{said_name} {number} {' '.join(letter.upper())}{ending}"
    return f"{said_name} {plural(number)}" if ending == "s" else f"{said_name} {number}{ending}"


def _after_name(match: re.Match[str]) -> str:
    name = match["name"]
    said = _series(match["number"])
    if match["series"]:
        said += f" {_series(match['series'])}"
    if match["letter"]:
        said += f" {match['letter']}"
    if match["plural"]:
        said = plural(said)
    return f"{_NAME_WORDS.get(name, name)} {said}"


def _series(number: str) -> str:
    return digits(number) if number.startswith("0") else grouped(number)


def _airliner(match: re.Match[str]) -> str:
    letter = f" {letters(match['letter'])}" if match["letter"] else ""
    return f"{grouped(match['model'])} {grouped(match['series'])}{letter}"


def _code_span(match: re.Match[str]) -> str:
    letter = match["letter"]
    return f"{letter} {cardinal(int(match['first']))} to {letter} {cardinal(int(match['second']))}"


RULES: tuple[Rule, ...] = (
    by_pattern("fixed-name", _FIXED, lambda match: _SPOKEN[match.group()]),
    by_pattern("numbered-name", _AFTER_NAME, _after_name),
    by_pattern("model", _MODEL, _model),
    by_pattern("model", _AIRLINER, lambda match: grouped(match.group())),
    by_pattern("model", _SERIES, _airliner),
    by_pattern("company", _COMPANY, lambda _: "three M"),
    by_pattern("fixed-name", _NINE_ELEVEN, lambda _: "nine eleven"),
    by_pattern("fixed-name", _TEN_SEVEN, lambda _: "ten seven"),
    by_pattern("quarters", _CODE_SPAN, _code_span),
    by_pattern("karat", _KARAT, lambda match: f"{cardinal(int(match['number']))} karat"),
    by_pattern("caliber", _CALIBER, lambda match: grouped(match["number"])),
)
