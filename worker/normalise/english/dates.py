"""Days and months: dates in words, in numbers, and months and weekdays cut short."""

from __future__ import annotations

import re
from functools import partial

from worker.normalise.edits import Rule, alternation, by_pattern
from worker.normalise.english.context import before, begins_sentence, ends_sentence
from worker.normalise.english.words import ordinal, two_digits, year

_MONTHS = ("January February March April May June July August September October November December").split()
_WEEKDAYS = {
    "Mon": "Monday", "Tue": "Tuesday", "Tues": "Tuesday", "Wed": "Wednesday", "Thu": "Thursday", "Thur": "Thursday",
    "Thurs": "Thursday", "Fri": "Friday", "Sat": "Saturday", "Sun": "Sunday",
}  # fmt: skip

#: A month by name, whole or cut short, in any case. "May" and "March" are words too; callers look at their case.
MONTH = (
    r"(?i:Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|Jun(?:e|\.)?|Jul(?:y|\.)?|Aug(?:ust|\.)?|"
    r"Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)(?![A-Za-z])"
)
#: Months that are verbs when they begin small: "it may 5 times", "15 may have died".
_VERBS = frozenset({"may", "mar", "march"})

DAY = r"(?:3[01]|[12]\d|0?[1-9])"
YEAR = r"(?:1\d{3}|20\d{2})"
NOT_NUMBER = r"(?![\d%]|[.,:]\d)"
_NTH = r"(?i:st|nd|rd|th)?"
_DASH = r"\s?[-–—]\s?"

_MONTH_DAY = re.compile(
    rf"\b(?P<month>{MONTH})\s?(?<=[\s.])(?P<day>{DAY}){_NTH}\b"
    rf"(?:{_DASH}(?:(?P<until>{DAY}){_NTH}|(?P<next>{MONTH})\s(?P<nextday>{DAY}){_NTH})\b)?(?!:\d|\s?[ap]\.?m\b|-[A-Za-z])"
    rf"(?:(?:,\s*|\s+)(?P<year>{YEAR})\b{NOT_NUMBER})?{NOT_NUMBER}"
)
#: "May 5 and 6", "Oct. 7, 8 and 9": days too, where no count of something goes on: "On May 5 and 20 people died".
_MONTH_DAYS = re.compile(
    rf"\b(?P<month>{MONTH})\s(?P<days>{DAY}(?:,\s{DAY}){{0,8}},?\s(?:and|or)\s{DAY})(?![\w:%/-]|[.,]\d)"
    rf"(?:(?:,\s|\s)(?P<year>{YEAR})\b{NOT_NUMBER}|(?=[.,;:)!?—–]|\s?$|\s[—–-]\s|\s(?:at|in|on|for|when|as|after|before|"
    r"during|this|next|last|the|but|he|she|they|we|it|will|would)\b))"
)
_DAY_MONTH = re.compile(
    rf"(?P<the>\b[Tt]he\s+)?(?<![\d.,/:$€£-])\b(?P<day>{DAY}){_NTH}"
    rf"(?:(?:{_DASH}|\s(?P<and>and|to)\s)(?P<until>{DAY}){_NTH})?"
    rf"\s+(?:of\s+)?(?P<month>{MONTH})(?!\s+{DAY}\b)(?:(?:,\s*|\s+)(?P<year>{YEAR})\b{NOT_NUMBER})?"
)
_DAYS_OF_MONTHS = re.compile(
    rf"(?<![\d.,/:$€£-])\b(?P<day>{DAY})\s(?P<month>{MONTH}){_DASH}(?P<until>{DAY})\s(?P<next>{MONTH})"
    rf"(?:,?\s(?P<year>{YEAR})\b{NOT_NUMBER})?"
)
_MONTH_YEAR = re.compile(rf"\b(?P<month>{MONTH})\s+(?P<year>{YEAR})\b{NOT_NUMBER}(?!s\b)")
_MONTHS_YEARS = re.compile(
    rf"\b(?P<month>{MONTH})\s+(?P<year>{YEAR})[-–—](?:(?P<next>{MONTH})\s+)?(?P<until>{YEAR}|\d\d)\b{NOT_NUMBER}(?!s\b|-)"
)
_HYPHENED = re.compile(rf"\b(?P<month>{MONTH})-(?P<day>{DAY})(?:-(?P<year>{YEAR}))?(?![\w-])")
_DAY_HYPHENED = re.compile(rf"(?<![\w-])(?P<day>{DAY})-(?P<month>{MONTH})-(?P<year>{YEAR}|\d\d)(?![\w-])")
_ISO = re.compile(
    rf"(?<![\w/-])(?P<year>{YEAR})(?P<mark>[-/])(?P<month>0?[1-9]|1[0-2])(?P=mark)(?P<day>{DAY})(?![\w/-])"
)
_SLASHED = re.compile(rf"(?<![\w./-])(?P<first>{DAY})/(?P<second>{DAY})/(?P<year>{YEAR}|\d\d)(?![\w/]|-\d)")
#: "on 12/25", but "on 3/4 of it"; what is a name or a likely part of a whole is none.
_ON_SLASHED = re.compile(
    r"(?<=\b[Oo]n\s)(?P<first>\d{1,2})/(?P<second>\d{1,2})(?=[.,;:)!?](?!\d)|\s?$|\s(?:at|and|in|when|from|as|after|for)\b)"
)
_NO_DAYS = frozenset({"9/11", "7/7", "24/7", "50/50", "20/20"})
_PARTS = frozenset({2, 3, 4, 5, 6, 8})
_DOTTED = re.compile(
    rf"(?<![\w./-])(?P<day>{DAY})(?P<mark>[.-])(?P<month>0?[1-9]|1[0-2])(?P=mark)(?P<year>{YEAR})(?![\w/]|[.-]\d)"
)
_MONTH_OF_YEAR = re.compile(r"(?<![\w./$€£-])(?P<month>0?[1-9]|1[0-2])/(?P<year>(?:19|20)\d\d)(?![\w/]|[.,]\d)")
_MONTHS_SPAN = re.compile(rf"\b(?P<first>{MONTH}){_DASH}(?P<second>{MONTH})")
_ABBREVIATED = re.compile(r"\b(?P<month>Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.(?=[\s,;:)–—-]|$)")
_IN_MONTH = re.compile(
    r"\b(?:in|last|next|this|since|until|of|by|early|late|mid|from|to|between|and|or)[\s-]$", re.IGNORECASE
)
_WEEKDAY = re.compile(
    rf"\b(?P<day>{alternation(_WEEKDAYS)})\."
    rf"(?=,?\s+(?:{MONTH}|{DAY}\b|noon|midnight|and|or|to|through|at|from|morning|evening|night|afternoon|{'|'.join(_WEEKDAYS)})|\s?[-–—,;)]|$)"
)


def month_name(text: str) -> str:
    """Return "Nov." or "NOV" as "November"."""
    return next(name for name in _MONTHS if name[:3] == text[:3].capitalize())


def _year(match: re.Match[str]) -> str:
    return f", {_said_year(match['year'])}" if match["year"] else ""


def _said_year(written: str) -> str:
    return year(int(written)) if len(written) == 4 else two_digits(int(written))  # noqa: PLR2004


def _month_day(match: re.Match[str]) -> str | None:
    month = match["month"]
    if month in _VERBS and not match["year"]:
        return None
    spoken = f"{month_name(month)} {ordinal(int(match['day']))}"
    if match["until"]:
        spoken += f" to {ordinal(int(match['until']))}"
    if match["next"]:
        spoken += f" to {month_name(match['next'])} {ordinal(int(match['nextday']))}"
    return spoken + _year(match)


def _month_days(match: re.Match[str]) -> str | None:
    days = [int(day) for day in re.findall(r"\d+", match["days"])]
    if match["month"] in _VERBS or days != sorted(set(days)):
        return None
    said = re.sub(r"\d+", lambda day: ordinal(int(day.group())), match["days"])
    return f"{month_name(match['month'])} {said}{_year(match)}"


def _day_month(match: re.Match[str]) -> str | None:
    month = match["month"]
    if month in _VERBS and not match["year"]:
        return None
    article = match["the"] or ("The " if begins_sentence(match.string, match.start()) else "the ")
    until = ""
    if match["until"]:
        until = f" {match['and'] or 'to'} the {ordinal(int(match['until']))}"
    point = "." if month.endswith(".") and match.end() == len(match.string.rstrip()) and not match["year"] else ""
    return f"{article}{ordinal(int(match['day']))}{until} of {month_name(month)}{_year(match)}{point}"


def _months_years(match: re.Match[str]) -> str | None:
    short = len(match["until"]) == 2  # noqa: PLR2004
    if short and (match["next"] or int(match["until"]) <= int(match["year"][2:])):
        return None
    following = f"{month_name(match['next'])} " if match["next"] else ""
    first, last = year(int(match["year"])), _said_year(match["until"])
    return f"{month_name(match['month'])} {first} to {following}{last}"


def _days_of_months(match: re.Match[str]) -> str:
    article = "The" if begins_sentence(match.string, match.start()) else "the"
    first = f"{ordinal(int(match['day']))} of {month_name(match['month'])}"
    last = f"{ordinal(int(match['until']))} of {month_name(match['next'])}"
    return f"{article} {first} to the {last}{_year(match)}"


def _full(day: int, month: int, written_year: str) -> str:
    return f"{_MONTHS[month - 1]} {ordinal(day)}, {_said_year(written_year)}"


def _iso(match: re.Match[str]) -> str:
    return _full(int(match["day"]), int(match["month"]), match["year"])


def _hyphened(match: re.Match[str]) -> str | None:
    if match["month"] in _VERBS:
        return None
    return f"{month_name(match['month'])} {ordinal(int(match['day']))}{_year(match)}"


def _slashed(match: re.Match[str], *, day_first: bool) -> str | None:
    first, second = int(match["first"]), int(match["second"])
    day, month = (first, second) if day_first else (second, first)
    if month > 12:  # noqa: PLR2004
        day, month = month, day
    if month > 12:  # noqa: PLR2004
        return None
    if day_first:
        return f"the {ordinal(day)} of {_MONTHS[month - 1]}, {_said_year(match['year'])}"
    return _full(day, month, match["year"])


def _on_slashed(match: re.Match[str], *, day_first: bool) -> str | None:
    first, second = int(match["first"]), int(match["second"])
    day, month = (first, second) if day_first else (second, first)
    part = first < second and second in _PARTS
    if part or match.group() in _NO_DAYS or not 1 <= month <= len(_MONTHS) or not 1 <= day <= 31:  # noqa: PLR2004
        return None
    name = _MONTHS[month - 1]
    return f"the {ordinal(day)} of {name}" if day_first else f"{name} {ordinal(day)}"


def _dotted(match: re.Match[str]) -> str:
    return f"the {ordinal(int(match['day']))} of {_MONTHS[int(match['month']) - 1]}, {_said_year(match['year'])}"


def _day_hyphened(match: re.Match[str]) -> str:
    return f"the {ordinal(int(match['day']))} of {month_name(match['month'])}, {_said_year(match['year'])}"


def _months(match: re.Match[str]) -> str | None:
    first, second = match["first"], match["second"]
    if not (first[0].isupper() and second[0].isupper()):
        return None
    return f"{month_name(first)} to {month_name(second)}"


def _abbreviated(match: re.Match[str]) -> str | None:
    ends = ends_sentence(match.string, match.end())
    if ends and match["month"] in {"Jan", "Mar"} and not _IN_MONTH.search(before(match)):
        return None  # somebody's name
    point = "." if ends else ""
    return month_name(match["month"]) + point


def _weekday(match: re.Match[str]) -> str:
    point = "." if ends_sentence(match.string, match.end()) else ""
    return _WEEKDAYS[match["day"]] + point


def rules(*, day_first: bool = False) -> tuple[Rule, ...]:
    """Return the rules; `day_first` reads 3/4/2026 as the third of April, as outside America."""
    return (
        by_pattern("days-of-months", _DAYS_OF_MONTHS, _days_of_months),
        by_pattern("iso-date", _ISO, _iso),
        by_pattern("slashed-date", _SLASHED, partial(_slashed, day_first=day_first)),
        by_pattern("slashed-date", _ON_SLASHED, partial(_on_slashed, day_first=day_first)),
        by_pattern("dotted-date", _DOTTED, _dotted),
        by_pattern("hyphened-date", _DAY_HYPHENED, _day_hyphened),
        by_pattern("hyphened-date", _HYPHENED, _hyphened),
        by_pattern("month-day", _MONTH_DAYS, _month_days),
        by_pattern("month-day", _MONTH_DAY, _month_day),
        by_pattern("day-month", _DAY_MONTH, _day_month),
        by_pattern("month-years", _MONTHS_YEARS, _months_years),
        by_pattern("month-year", _MONTH_YEAR, lambda match: f"{month_name(match['month'])} {year(int(match['year']))}"),
        by_pattern(
            "month-year",
            _MONTH_OF_YEAR,
            lambda match: f"{_MONTHS[int(match['month']) - 1]} {year(int(match['year']))}",
        ),
        by_pattern("months", _MONTHS_SPAN, _months),
        by_pattern("month", _ABBREVIATED, _abbreviated),
        by_pattern("weekday", _WEEKDAY, _weekday),
    )
