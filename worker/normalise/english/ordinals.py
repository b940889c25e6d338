"""Ordinals in digits: 21st, 1,000th."""

from __future__ import annotations

import re

from worker.normalise.edits import Rule, by_pattern
from worker.normalise.english.words import cardinal, ordinal, plural, suffix

_ORDINAL = re.compile(
    r"(?<![\w.,$€£])(?P<number>\d{1,3}(?:,\d{3}){1,7}|\d{1,21})(?P<nth>(?i:st|nd|rd|th))(?P<many>s)?\b"
)


def _ordinal(match: re.Match[str]) -> str:
    number, nth = int(match["number"].replace(",", "")), match["nth"].lower()
    if suffix(number) != nth:
        return f"{cardinal(number)} {nth}"  # a slip, or no ordinal at all
    words = "zeroth" if number == 0 else ordinal(number)
    return plural(words) if match["many"] else words


RULES: tuple[Rule, ...] = (by_pattern("ordinal", _ORDINAL, _ordinal),)
