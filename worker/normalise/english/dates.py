"""Dates, months, years, decades."""

from __future__ import annotations

import re

from worker.normalise.edits import Rule, by_pattern
from worker.normalise.english.context import begins_sentence
from worker.normalise.english.words import cardinal, ordinal, plural, year

_MONTHS = ("January February March April May June July August September October November December").split()
_SHORT = {name[:3]: name for name in _MONTHS} | {"Sept": "September"}

MONTH = r"(?:Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?|July?|Aug(?:ust|\.)?|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)"  # noqa: E501  one alternation
_DAY = r"(?:3[01]|[12]\d|0?[1-9])"
_YEAR = r"(?:1\d{3}|20\d{2})"
_NOT_NUMBER = r"(?![\d%]|[.,:]\d)"

_MONTH_DAY = re.compile(
    rf"\b(?P<month>{MONTH})\s+(?P<day>{_DAY})(?:st|nd|rd|th)?\b"
    rf"(?:\s?[-–—]\s?(?P<until>{_DAY})(?:st|nd|rd|th)?\b)?(?!:\d)(?:(?P<comma>,?)\s+(?P<year>{_YEAR})\b{_NOT_NUMBER})?{_NOT_NUMBER}"
)
_DAY_MONTH = re.compile(
    rf"(?P<the>\b[Tt]he\s+)?\b(?P<day>{_DAY})(?:st|nd|rd|th)?(?:\s?[-–—]\s?(?P<until>{_DAY})(?:st|nd|rd|th)?)?"
    rf"\s+(?:of\s+)?(?P<month>{MONTH})\b(?!\s+{_DAY}\b)(?:,?\s+(?P<year>{_YEAR})\b{_NOT_NUMBER})?"
)
_MONTH_YEAR = re.compile(rf"\b(?P<month>{MONTH})\s+(?P<year>{_YEAR})\b{_NOT_NUMBER}")
_ISO = re.compile(rf"\b(?P<year>{_YEAR})-(?P<number>0[1-9]|1[0-2])-(?P<day>0[1-9]|[12]\d|3[01])\b")
_ABBREVIATED = re.compile(r"\b(?P<month>Jan|Feb|Aug|Sept?|Oct|Nov|Dec)\.(?=\s)")
_DECADE = re.compile(r"(?P<mark>['’‘])?\b(?P<number>1\d\d0|20\d0|[2-9]0)['’]?s\b")
_YEARS = re.compile(rf"\b(?P<first>{_YEAR})\s?[-–—]\s?(?P<second>{_YEAR}|\d\d)\b{_NOT_NUMBER}")
_BARE_YEAR = re.compile(r"(?<![\d.,$€£#/-])\b(?P<year>1[1-9]\d\d|20\d\d)\b(?![\d%°/]|[.,:]\d|-\d)")

#: A bare four-digit number before one of these is a quantity, not a year.
_COUNTED = re.compile(
    r"\s*-?(?:people|soldiers|troops|homes|houses|jobs|miles|km|kilomet|met(?:er|re)s|feet|kg|tons?|tonnes|dollars|euros|"
    r"members|votes|times|cases|deaths|percent|per cent|hours|days|square|m\b|MW|watts|rubles|hryv)",
    re.IGNORECASE,
)


def month_name(text: str) -> str:
    """Return "Nov." as "November"."""
    bare = text.rstrip(".")
    return _SHORT.get(bare[:4] if bare == "Sept" else bare[:3], bare)


def _month_day(match: re.Match[str]) -> str:
    spoken = f"{month_name(match['month'])} {ordinal(int(match['day']))}"
    if match["until"]:
        spoken += f" to {ordinal(int(match['until']))}"
    return spoken + (f", {year(int(match['year']))}" if match["year"] else "")


def _day_month(match: re.Match[str]) -> str:
    until = f" to the {ordinal(int(match['until']))}" if match["until"] else ""
    article = match["the"] or ("The " if begins_sentence(match.string, match.start()) else "the ")
    spoken = f"{article}{ordinal(int(match['day']))}{until} of {month_name(match['month'])}"
    return spoken + (f", {year(int(match['year']))}" if match["year"] else "")


def _iso(match: re.Match[str]) -> str:
    return f"{_MONTHS[int(match['number']) - 1]} {ordinal(int(match['day']))}, {year(int(match['year']))}"


def _decade(match: re.Match[str]) -> str | None:
    number = int(match["number"])
    if number < 100:  # noqa: PLR2004
        # "80s" without an apostrophe may be an age, a speed or a temperature; all are said the same.
        return plural(cardinal(number))
    return plural(year(number))


def _years(match: re.Match[str]) -> str | None:
    first, second = match["first"], match["second"]
    if len(second) == 2:  # noqa: PLR2004
        if int(second) <= int(first[2:]):
            return None
        return f"{year(int(first))} to {cardinal(int(second))}"
    return f"{year(int(first))} to {year(int(second))}"


def _bare_year(match: re.Match[str]) -> str | None:
    return None if _COUNTED.match(match.string, match.end()) else year(int(match["year"]))


RULES: tuple[Rule, ...] = (
    by_pattern("iso-date", _ISO, _iso),
    by_pattern("month-day", _MONTH_DAY, _month_day),
    by_pattern("day-month", _DAY_MONTH, _day_month),
    by_pattern("month-year", _MONTH_YEAR, lambda match: f"{month_name(match['month'])} {year(int(match['year']))}"),
    by_pattern("month", _ABBREVIATED, lambda match: month_name(match["month"])),
    by_pattern("decade", _DECADE, _decade),
    by_pattern("years", _YEARS, _years),
    by_pattern("year", _BARE_YEAR, _bare_year),
)
