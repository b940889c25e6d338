"""Times of day and how long things took."""

from __future__ import annotations

import re

from worker.normalise.edits import Rule, by_pattern
from worker.normalise.english.context import before, ends_sentence
from worker.normalise.english.words import cardinal, decimal, letters, two_digits

_HALF = r"(?P<half>[AaPp])(?P<dots>\.\s?)?[Mm](?P<point>\.)?(?:(?![A-Za-z])|(?=[ecmp]\.?[sd]\.?t\b))"
_HALVES = r"[AaPp]\.?\s?[Mm]\b\.?"
_ZONE_NAMES = "GMT|UTC|EST|EDT|ET|CST|CDT|CT|MST|MDT|MT|PST|PDT|PT|BST|CET|CEST|EET|EEST|IST|JST|AEST|AEDT"
_DOTTED_ZONE = r"[ecmp]\.[sd]\.t\b\.?"
_ZONE = re.compile(
    rf"(?<=[\d.mM])\s?(?P<zone>(?i:{_DOTTED_ZONE})|(?:{_ZONE_NAMES}|est|edt|cst|cdt|mst|mdt|pst|pdt|gmt|utc)\b)"
)
_TWELVE = re.compile(rf"(?<![\w.,:$€£])(?P<hour>1[0-2]|0?[1-9])(?:[:.](?P<minute>[0-5]\d))?\s?{_HALF}")
_BOTH = re.compile(
    rf"(?<![\w.,:$€£])(?P<from>1[0-2]|0?[1-9])(?:[:.](?P<past>[0-5]\d))?\s?(?P<early>{_HALVES})?\s?(?:[-–—]|-to-)\s?"
    rf"(?P<hour>1[0-2]|0?[1-9])(?:[:.](?P<minute>[0-5]\d))?\s?{_HALF}"
)
_UNTIL_NOON = re.compile(
    r"(?<=[\dmM.])\s?[-–—]\s?(?=(?:noon|midnight)\b)|(?<=noon)\s?[-–]\s?(?=\d)|(?<=midnight)\s?[-–]\s?(?=\d)"
)
_LASTED = re.compile(r"(?<![\d:.,/])(?P<hours>\d{1,2}):(?P<minutes>[0-5]\d):(?P<seconds>[0-5]\d)(?![:\d])")
_RACED = re.compile(r"(?<![\d:.,/])(?P<minutes>\d{1,2}):(?P<seconds>[0-5]\d\.\d{1,3})(?![\w:])")
_CLOCK = re.compile(r"(?<![\d:.,/])(?P<hour>[01]?\d|2[0-4]):(?P<minute>[0-5]\d)(?![:\d%]|\.\d)")
_CLOCKS = re.compile(
    r"(?<![\d:.,/])(?P<hour>[01]?\d|2[0-4]):(?P<minute>[0-5]\d)\s?[-–—]\s?(?P<until>[01]?\d|2[0-4]):(?P<to>[0-5]\d)(?![:\d%]|\.\d)"
)
_HOURS = re.compile(r"(?<![\w.,:-])(?P<hour>[01]\d|2[0-4])(?P<minute>[0-5]\d)(?=\s(?:hours|hrs|GMT|UTC|local)\b)")


def _minutes(minute: str | None) -> str:
    return "" if not minute or minute == "00" else f" {two_digits(int(minute))}"


def _twelve(match: re.Match[str]) -> str:
    # "a.m" before a full stop of its own: the point was the sentence's all along.
    point = "." if match["point"] and ends_sentence(match.string, match.end()) else ""
    if match["dots"] is None and match["point"]:
        point = "."
    return f"{cardinal(int(match['hour']))}{_minutes(match['minute'])} {match['half'].upper()} M{point}"


def _both(match: re.Match[str]) -> str:
    early = f" {match['early'][0].upper()} M" if match["early"] else ""
    return f"{cardinal(int(match['from']))}{_minutes(match['past'])}{early} to {_twelve(match)}"


def _o_clock(written: str, minute: str) -> str:
    hour = int(written)
    if minute != "00":
        return f"{cardinal(hour)}{_minutes(minute)}"
    if hour in {0, 24}:
        return "midnight"
    return f"{cardinal(hour)} o'clock" if hour < 13 else f"{cardinal(hour)} hundred"  # noqa: PLR2004


def _seconds(written: str) -> str:
    return f"oh {decimal(written[1:])}" if written.startswith("0") else decimal(written)


def _clocks(match: re.Match[str]) -> str:
    return f"{_o_clock(match['hour'], match['minute'])} to {_o_clock(match['until'], match['to'])}"


def _lasted(match: re.Match[str]) -> str:
    parts = [(int(match[name]), name[:-1]) for name in ("hours", "minutes", "seconds")]
    first, second, third = (f"{cardinal(count)} {name}{'' if count == 1 else 's'}" for count, name in parts)
    return f"{first} {second} and {third}" if parts[0][0] else f"{second} and {third}"


def _hours(match: re.Match[str]) -> str:
    hour, minute = int(match["hour"]), match["minute"]
    lead = f"zero {cardinal(hour)}" if hour < 10 else cardinal(hour)  # noqa: PLR2004
    return f"{lead} hundred" if minute == "00" else f"{lead} {two_digits(int(minute))}"


def _zone(match: re.Match[str]) -> str | None:
    if not re.search(r"(?:\d|[AaPp]\.?\s?[Mm]\.?)$", before(match)):
        return None
    return f" {letters(match['zone'].replace('.', ''))}"


RULES: tuple[Rule, ...] = (
    by_pattern("time-range", _BOTH, _both),
    by_pattern("time", _TWELVE, _twelve),
    by_pattern("time-range", _UNTIL_NOON, lambda _: " to "),
    by_pattern("duration", _LASTED, _lasted),
    by_pattern(
        "duration",
        _RACED,
        lambda match: f"{cardinal(int(match['minutes']))} {_seconds(match['seconds'])}",
    ),
    by_pattern("clock-range", _CLOCKS, _clocks),
    by_pattern("clock", _CLOCK, lambda match: _o_clock(match["hour"], match["minute"])),
    by_pattern("military-time", _HOURS, _hours),
    by_pattern("time-zone", _ZONE, _zone),
)
