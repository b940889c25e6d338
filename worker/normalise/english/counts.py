"""Plain numbers: ordinals, fractions, ranges and scores, decimals, cardinals, phone numbers."""

from __future__ import annotations

import re

from worker.normalise.edits import Rule, by_pattern
from worker.normalise.english.words import cardinal, decimal, digits, ordinal

NUMBER = r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"

_PHONE = re.compile(r"(?<![\w+])(?:\+\d{1,3}[\s-]?)?(?:\(\d{2,4}\)[\s-]?)?\d{2,4}(?:[\s-]\d{2,4}){2,4}(?![\w-])")
_ORDINAL = re.compile(r"(?<![\w.,])(?P<number>\d{1,3}(?:,\d{3})*|\d+)(?:st|nd|rd|th)\b")
_MIXED = re.compile(r"(?<![\w.,/])(?:(?P<whole>\d{1,3})\s)?(?P<top>[1-9]\d?)/(?P<bottom>[2-9]|1\d|20|100)(?![\w/])")
_VULGAR = re.compile(r"(?<![\w.,])(?P<whole>\d+)?(?P<fraction>[½⅓⅔¼¾⅕⅖⅗⅘⅙⅛⅜⅝⅞])")
_RANGE = re.compile(
    rf"(?<![\w.,/–—-])(?P<first>{NUMBER})\s?(?P<dash>[-–—])\s?(?P<second>{NUMBER})(?![\w/]|[-–—]\d|[.,]\d)"
)
_SIGNED = re.compile(rf"(?<![\w.,/)])(?P<sign>[-−+])(?P<number>{NUMBER})(?![\w/]|[.,:]\d|-\d)")
_PLAIN = re.compile(rf"(?<![\w.,/:])(?P<number>{NUMBER}|\.\d+)(?![\w/]|[.,:]\d)")
_ATTACHED = re.compile(r"(?<![\w.,/:-])(?P<number>\d{1,3}(?:,\d{3})+|\d{1,3})(?=-[A-Za-z])")

_VULGAR_WORDS = {
    "½": "half", "⅓": "third", "⅔": "two thirds", "¼": "quarter", "¾": "three quarters", "⅕": "fifth",
    "⅖": "two fifths", "⅗": "three fifths", "⅘": "four fifths", "⅙": "sixth", "⅛": "eighth", "⅜": "three eighths",
    "⅝": "five eighths", "⅞": "seven eighths",
}  # fmt: skip


def _part(bottom: int, top: int) -> str:
    word = {2: "half", 4: "quarter"}.get(bottom) or ordinal(bottom)
    if top == 1:
        return word
    return "halves" if bottom == 2 else f"{word}s"  # noqa: PLR2004


def _mixed(match: re.Match[str]) -> str:
    top, bottom = int(match["top"]), int(match["bottom"])
    whole = match["whole"]
    if whole:
        count = "a" if top == 1 else cardinal(top)
        return f"{cardinal(int(whole))} and {count} {_part(bottom, top)}"
    return f"{cardinal(top)} {_part(bottom, top)}"


def _vulgar(match: re.Match[str]) -> str:
    words = _VULGAR_WORDS[match["fraction"]]
    one = " " not in words
    if match["whole"]:
        return f"{cardinal(int(match['whole']))} and {'a ' if one else ''}{words}"
    return f"{'one ' if one else ''}{words}"


def _range(match: re.Match[str]) -> str:
    return f"{decimal(match['first'])} to {decimal(match['second'])}"


def _signed(match: re.Match[str]) -> str:
    return f"{'plus' if match['sign'] == '+' else 'minus'} {decimal(match['number'])}"


def _plain(match: re.Match[str]) -> str:
    number = match["number"]
    if number.startswith("0") and number.isdecimal() and len(number) > 1:
        return digits(number)
    return decimal(number)


def _phone(match: re.Match[str]) -> str | None:
    written = match.group()
    count = sum(character.isdecimal() for character in written)
    if not written.startswith("+") and not 9 <= count <= 12:  # noqa: PLR2004  shorter ones are dates and scores
        return None
    groups = re.findall(r"\d+", written)
    spoken = ", ".join(digits(group) for group in groups)
    return f"plus {spoken}" if written.startswith("+") else spoken


RULES: tuple[Rule, ...] = (
    by_pattern("phone", _PHONE, _phone),
    by_pattern("ordinal", _ORDINAL, lambda match: ordinal(int(match["number"].replace(",", "")))),
    by_pattern("fraction", _MIXED, _mixed),
    by_pattern("vulgar-fraction", _VULGAR, _vulgar),
    by_pattern("range", _RANGE, _range),
    by_pattern("signed", _SIGNED, _signed),
    by_pattern("number", _PLAIN, _plain),
    by_pattern("attached-number", _ATTACHED, lambda match: decimal(match["number"])),
)
