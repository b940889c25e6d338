"""Years, decades, spans of years, eras, quarters."""

from __future__ import annotations

import re

from worker.normalise.edits import Rule, by_pattern
from worker.normalise.english.context import after, before
from worker.normalise.english.dates import NOT_NUMBER, YEAR
from worker.normalise.english.nouns import COUNTED_OR_MEASURED
from worker.normalise.english.words import cardinal, letters, ordinal, plural, two_digits, year

_DECADES = re.compile(
    r"(?<![\w.,$€£])(?P<first>1\d\d0|20\d0)['’]?s\s?(?:[-–—]|to)\s?['’‘]?(?P<second>1\d\d0|20\d0|[2-9]0)['’]?s\b"
)
_DECADE = re.compile(r"(?<![\w.,$€£])(?P<mark>['’‘])?(?P<number>1\d\d0|20\d0|[2-9]0)['’]?s\b")
_SPAN = re.compile(
    rf"(?<![\w.,$€£/-])(?P<first>{YEAR})\s?[-–—]\s?['’]?(?P<second>{YEAR}|\d\d)\b{NOT_NUMBER}(?![\w/–-])"
)
_SEASON = re.compile(rf"(?<![\w.,$€£/-])(?P<first>{YEAR})/(?P<second>{YEAR}|\d\d)\b(?![\w/])")
_SHORT = re.compile(r"(?<![\w’'])['’‘](?P<number>\d\d)(?![\w’'\"”]|[.,]\d)")
_ERA = re.compile(
    r"(?<![\w.,])(?P<number>\d{1,3},\d{3}|\d{1,4})\s?(?P<era>A\.D\.?|B\.C\.E\.?|B\.C\.?|C\.E\.?|AD|BCE|BC|CE)(?![\w])"
)
_ERA_FIRST = re.compile(r"\b(?P<era>A\.D\.|AD)\s(?P<number>\d{1,4})\b")
_QUARTER = re.compile(r"(?<![\w.,])(?P<number>[1-4])Q\s?['’]?(?P<year>20\d\d|\d\d)\b")
_BARE = re.compile(
    r"(?:(?<![\d.,$€£#/@-])|(?<=\bmid-)|(?<=\bpre-)|(?<=\bpost-)|(?<=\blate-))(?<![-–—]\d)\b(?P<year>1\d{3}|2[01]\d\d)\b(?![\d%°/]|[.,:]\d|-\d)"
)
_YEAR_BEFORE = re.compile(
    r"\b(?:in|since|of|from|until|till|by|after|before|year|around|circa|and|to|late|early)\s$", re.IGNORECASE
)

#: Earlier years are more often quantities.
_SURE_YEAR = 1100
_FAR_YEAR = 2100

_COUNTING = re.compile(
    r"\b(?:than|over|nearly|about|around|roughly|almost|some|least|most|approximately|exactly|another)\s$"
)


def _decade(match: re.Match[str]) -> str:
    # "80s" without an apostrophe may be an age, a speed or a temperature; all are said the same.
    return _decades_name(match["number"])


def _decades_name(number: str) -> str:
    return plural(cardinal(int(number)) if len(number) == 2 else year(int(number)))  # noqa: PLR2004


def _later(first: str, second: str) -> str | None:
    """Return the second year of a span, or None when it is none: 1939-45 is, 2014-12 is a month."""
    if len(second) == 4:  # noqa: PLR2004
        return year(int(second))
    return (
        two_digits(int(second)) if int(second) > int(first[2:]) or int(second) == (int(first[2:]) + 1) % 100 else None
    )


def _span(match: re.Match[str]) -> str | None:
    later = _later(match["first"], match["second"])
    return later and f"{year(int(match['first']))} to {later}"


def _season(match: re.Match[str]) -> str | None:
    later = _later(match["first"], match["second"])
    return later and f"{year(int(match['first']))} {later}"


def _era(match: re.Match[str]) -> str:
    number = match["number"]
    said = year(int(number)) if len(number) == 4 else _three(number.replace(",", ""))  # noqa: PLR2004
    era = letters(re.sub(r"\W", "", match["era"]))
    point = "." if match["era"].endswith(".") and not after(match).strip() else ""
    return f"{said} {era}{point}"


def _three(number: str) -> str:
    if len(number) != 3 or number.endswith("00"):  # noqa: PLR2004
        return cardinal(int(number))
    return f"{cardinal(int(number[0]))} {two_digits(int(number[1:]))}"


def _quarter(match: re.Match[str]) -> str:
    written = match["year"]
    return (
        f"the {ordinal(int(match['number']))} quarter of {year(int(written if len(written) == 4 else '20' + written))}"  # noqa: PLR2004
    )


def _bare(match: re.Match[str]) -> str | None:
    if COUNTED_OR_MEASURED.match(match.string, match.end()):
        return None
    earlier = before(match)
    if _COUNTING.search(earlier) and re.match(r"\s[a-z]+(?:s|people|men|women)\b", after(match)):
        return None
    number = int(match["year"])
    if not _SURE_YEAR <= number < _FAR_YEAR and not _YEAR_BEFORE.search(earlier):
        return None
    return year(number)


MARKED_RULES: tuple[Rule, ...] = (
    by_pattern("era", _ERA, _era),
    by_pattern("era", _ERA_FIRST, lambda match: f"A D {_three(match['number'])}"),
    by_pattern("quarter", _QUARTER, _quarter),
    by_pattern(
        "decades", _DECADES, lambda match: f"{_decades_name(match['first'])} to {_decades_name(match['second'])}"
    ),
    by_pattern("decade", _DECADE, _decade),
    by_pattern("years", _SPAN, _span),
    by_pattern("season", _SEASON, _season),
    by_pattern("short-year", _SHORT, lambda match: two_digits(int(match["number"]))),
)

#: After measures: "2000 km" is none.
RULES: tuple[Rule, ...] = (by_pattern("year", _BARE, _bare),)
