"""Plain numbers: ranges, scores and votes, signs, decimals, cardinals, versions and network addresses."""

from __future__ import annotations

import re

from worker.normalise.edits import Rule, by_pattern
from worker.normalise.english.words import NUMBER, decimal, digits

_EQUATION = re.compile(
    r"(?<![\w.,])(?P<first>\d+)\s?(?P<sign>[-−–+×*/÷])\s?(?P<second>\d+)\s?=\s?(?P<result>\d+)(?!\w)"
)
_SIGNS = {"-": "minus", "−": "minus", "–": "minus", "+": "plus", "×": "times", "*": "times", "/": "over", "÷": "over"}
_DOTTED = re.compile(r"(?<![\w.,$€£])\d{1,4}(?:\.\d{1,4}){2,}(?![\w]|[.,]\d)")
_FORMATION = re.compile(r"(?<![\w.,/$€£-])[1-5](?:-[1-5]){2,3}(?![\w-]|[.,]\d)")

#: "1,000s of people", "100s of cars"; "in the 100s" are degrees and the like, "the 1000s" are years.
_MANY = re.compile(
    r"(?<![\w.,$€£-])(?:(?P<many>1,000|10,000|100,000|1,000,000)s|(?<!the\s)(?<!low\s)(?<!mid\s)(?<!high\s)(?P<hundreds>100)s|"
    r"(?P<thousands>1000)s(?=\sof\b))(?!\w)"
)
_MANY_WORDS = {
    "100": "hundreds", "1000": "thousands", "1,000": "thousands", "10,000": "tens of thousands",
    "100,000": "hundreds of thousands", "1,000,000": "millions",
}  # fmt: skip

#: A football team has so many players before its keeper.
_OUTFIELD = 10
_POWER = re.compile(r"(?<=[\d)])\^(?P<exponent>[-−]?\d{1,3})(?!\w)")
_RATIO = re.compile(r"(?<![\w.,:/$€£])(?P<first>\d{1,3}(?:,\d{3})*(?:\.\d)?):(?P<second>\d{1,3})(?![\w:]|[.,]\d)")
_RANGE = re.compile(
    rf"(?<![\w.,/–—-])(?P<first>{NUMBER})\s?(?P<dash>[-–—])\s?(?P<second>{NUMBER})(?:[-–](?P<third>\d{{1,3}}))?"
    rf"(?![\w/]|[-–—]\d|[.,]\d)"
)
_SIGNED = re.compile(rf"(?<![\w.,/)])(?P<sign>[-−–+±])(?P<number>{NUMBER})(?![\w/]|[.,:]\d|-\d)")
_PLAIN = re.compile(rf"(?<![\w.,/:])(?P<number>{NUMBER})(?![\w/]|[.,:]\d)")
_ATTACHED = re.compile(
    r"(?<![\w.,/:-])(?P<number>\d{1,3}(?:,\d{3})+|\d{1,4})(?=[-–/][A-Za-z])|(?<=[a-z][-–])(?P<last>\d{1,4})(?![\w/]|[.,:-]\d)"
)
_LEFT = re.compile(r"(?<!\w)(?<!\d[.,])(?P<number>\d+)(?!\w|[.,]\d)")
_SIGN_WORDS = {"+": "plus", "±": "plus or minus"}

#: An address on the Internet has four numbers.
_ADDRESS_PARTS = 4


def _equation(match: re.Match[str]) -> str:
    first, second, result = (decimal(match[name]) for name in ("first", "second", "result"))
    return f"{first} {_SIGNS[match['sign']]} {second} equals {result}"


def _dotted(match: re.Match[str]) -> str:
    parts = match.group().split(".")
    if len(parts) == _ADDRESS_PARTS:
        return " dot ".join(digits(part) for part in parts)
    return " point ".join(decimal(part) for part in parts)


def _range(match: re.Match[str]) -> str:
    third = f" to {decimal(match['third'])}" if match["third"] else ""
    return f"{decimal(match['first'])} to {decimal(match['second'])}{third}"


def _exponent(written: str) -> str:
    return f"{'minus ' if written[0] in '-−' else ''}{decimal(written.lstrip('-−'))}"


def _formation(match: re.Match[str]) -> str | None:
    numbers = match.group().split("-")
    return " ".join(map(decimal, numbers)) if sum(map(int, numbers)) == _OUTFIELD else None


#: Before decades: "1000s of people" are no years.
MANY_RULES: tuple[Rule, ...] = (by_pattern("many", _MANY, lambda match: _MANY_WORDS[match.group()[:-1]]),)

RULES: tuple[Rule, ...] = (
    by_pattern("power", _POWER, lambda match: f" to the power of {_exponent(match['exponent'])}"),
    by_pattern("formation", _FORMATION, _formation),
    by_pattern("equation", _EQUATION, _equation),
    by_pattern("dotted-number", _DOTTED, _dotted),
    by_pattern("ratio", _RATIO, lambda match: f"{decimal(match['first'])} to {decimal(match['second'])}"),
    by_pattern("range", _RANGE, _range),
    by_pattern(
        "signed", _SIGNED, lambda match: f"{_SIGN_WORDS.get(match['sign'], 'minus')} {decimal(match['number'])}"
    ),
    by_pattern("number", _PLAIN, lambda match: decimal(match["number"])),
    by_pattern("attached-number", _ATTACHED, lambda match: decimal(match["number"] or match["last"])),
    by_pattern("digits", _LEFT, lambda match: decimal(match["number"])),
)
