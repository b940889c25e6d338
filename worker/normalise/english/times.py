"""Times of day."""

from __future__ import annotations

import re

from worker.normalise.edits import Rule, by_pattern
from worker.normalise.english.context import ends_sentence
from worker.normalise.english.words import cardinal

_HALF = r"(?:\s?(?P<half>[AaPp])(?P<dots>\.\s?)?[Mm](?P<point>\.)?(?![A-Za-z]))"
_TWELVE = re.compile(rf"\b(?P<hour>1[0-2]|0?[1-9])(?:[:.](?P<minute>[0-5]\d))?{_HALF}")
_RANGE = re.compile(
    rf"\b(?P<from>1[0-2]|0?[1-9])(?::(?P<past>[0-5]\d))?\s?[-–—]\s?(?P<hour>1[0-2]|0?[1-9])(?::(?P<minute>[0-5]\d))?{_HALF}"
)
_CLOCK = re.compile(r"(?<![\d:.,])\b(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)\b(?![:\d%]|\.\d)")
_HOURS = re.compile(r"\b(?P<hour>[01]\d|2[0-3])(?P<minute>[0-5]\d)\s+(?=(?:hours|GMT|UTC)\b)")


def _minutes(minute: str | None) -> str:
    if not minute or minute == "00":
        return ""
    number = int(minute)
    return f" oh {cardinal(number)}" if number < 10 else f" {cardinal(number)}"  # noqa: PLR2004


def _half(match: re.Match[str]) -> str:
    point = "." if match["point"] and ends_sentence(match.string, match.end()) else ""
    return f" {match['half'].upper()} M{point}"


def _twelve(match: re.Match[str]) -> str:
    return cardinal(int(match["hour"])) + _minutes(match["minute"]) + _half(match)


def _range(match: re.Match[str]) -> str:
    first = cardinal(int(match["from"])) + _minutes(match["past"])
    return f"{first} to {_twelve(match)}"


def _clock(match: re.Match[str]) -> str:
    hour, minute = int(match["hour"]), match["minute"]
    if minute == "00":
        if len(match["hour"]) == 1 or (hour < 13 and hour):  # noqa: PLR2004
            return f"{cardinal(hour)} o'clock"
        return f"{cardinal(hour)} hundred" if hour else "midnight"
    return f"{cardinal(hour) if hour else 'zero'}{_minutes(minute)}"


def _hours(match: re.Match[str]) -> str:
    hour = int(match["hour"])
    lead = f"zero {cardinal(hour)}" if hour < 10 else cardinal(hour)  # noqa: PLR2004
    return f"{lead} {'hundred' if match['minute'] == '00' else cardinal(int(match['minute']))} "


RULES: tuple[Rule, ...] = (
    by_pattern("time-range", _RANGE, _range),
    by_pattern("time", _TWELVE, _twelve),
    by_pattern("clock", _CLOCK, _clock),
    by_pattern("military-time", _HOURS, _hours),
)
