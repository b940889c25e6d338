"""Roman numerals, only where the words before them call for one."""

from __future__ import annotations

import re

from worker.normalise.edits import Rule, by_pattern
from worker.normalise.english.words import cardinal, ordinal

_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_ROMAN = r"(?P<roman>[IVXLC]+)"
_COUNTED = re.compile(
    rf"\b(?P<word>World War|Chapter|Part|Article|Act|Title|Phase|Type|Class|Book|Volume|Vol\.|Section|Super Bowl|"
    rf"Stage|Apollo|Schedule|Division|Group)\s{_ROMAN}\b"
)
_REIGNED = re.compile(
    rf"\b(?P<word>(?:King|Queen|Pope|Emperor|Tsar|Prince|Czar|Saint|Sultan)\s[A-Z]\w+(?:\s[A-Z]\w+)?|Charles|Elizabeth|Henry|"
    rf"George|Edward|William|James|Louis|Philip|Felipe|Juan Carlos|John Paul|Benedict|Pius|Leo|Nicholas|Alexander|"
    rf"Catherine|Peter|Ivan|Frederick|Wilhelm|Napoleon|Richard|Mohammed|Abdullah|Ramesses|Tutankhamun)\s{_ROMAN}\b(?!\.\s?[A-Z]\.)"
)


def value(roman: str) -> int | None:
    """Return the value of a well-formed roman numeral below 400, else None."""
    total = 0
    for index, character in enumerate(roman):
        number = _VALUES[character]
        following = _VALUES[roman[index + 1]] if index + 1 < len(roman) else 0
        total += -number if number < following else number
    return total if _written(total) == roman else None


def _written(number: int) -> str:
    text = ""
    for size, letters in (
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ):
        while number >= size:
            text += letters
            number -= size
    return text


def _counted(match: re.Match[str]) -> str | None:
    number = value(match["roman"])
    return None if number is None else f"{match['word']} {cardinal(number).capitalize()}"


def _reigned(match: re.Match[str]) -> str | None:
    number = value(match["roman"])
    return None if number is None else f"{match['word']} the {ordinal(number).capitalize()}"


RULES: tuple[Rule, ...] = (by_pattern("roman", _COUNTED, _counted), by_pattern("regnal", _REIGNED, _reigned))
