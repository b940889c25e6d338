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
#: A capital after "p.m." begins a sentence, unless it names a day, a zone or a place's time.
_BEGINS = re.compile(
    r"\s+(?!(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|Mon|Tues?|Wed|Thu|Thurs?|Fri|Sat|Sun|Noon|Midnight|Mass)\b|"
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?\s\d|"
    rf"(?:{_ZONE_NAMES}|[A-Z]{{1,3}}[SD]T|Eastern|Central|Mountain|Pacific|Atlantic|Greenwich|British)\b|"
    r"(?:[A-Z][\w’']{1,20}\s){1,3}[Tt]ime\b)[\"“‘(]?[A-Z]"
)
#: "The 8 p.m. Mass", "Sunday's 8 p.m. Mass": the time belongs to what follows.
_BELONGS = re.compile(
    r"(?:\b(?:an?|the|its|his|her|their|our|my|your|this|that|each|every|daily|nightly|weekly|annual)|['’]s)\s$",
    re.IGNORECASE,
)
#: "At 3 a.m. Smith left": nothing has been said yet that could end.
_OPENS = re.compile(
    r"(?:^|[.!?][\"”’]?\s)[\"“‘]?(?:At|By|Around|About|After|Before|Since|Until|From|Shortly|Just|Between|On)(?:\s[a-z]{1,12}){0,3}\s$"
)
_UNTIL_NOON = re.compile(
    r"(?<=[\dmM.])\s?[-–—]\s?(?=(?:noon|midnight)\b)|(?<=noon)\s?[-–]\s?(?=\d)|(?<=midnight)\s?[-–]\s?(?=\d)"
)
_LASTED = re.compile(
    r"(?<![\d:.,/])(?P<hours>\d{1,2}):(?P<minutes>[0-5]\d):(?P<seconds>[0-5]\d(?:\.\d{1,3})?)(?![:\d]|\.\d)"
)
_RACED = re.compile(r"(?<![\d:.,/])(?P<minutes>\d{1,2}):(?P<seconds>[0-5]\d\.\d{1,3})(?![\w:])")
#: Minutes and seconds beyond any hour of a day: "ran it in 45:30", "42:15 of the first half"; no "60:40 split".
_PLAYED = re.compile(
    r"(?<![\d:.,/])(?P<minutes>2[5-9]|[3-9]\d|1[0-2]\d):(?P<seconds>0[1-9]|[1-5]\d)(?![:\d%]|\.\d|\s(?:split|ratio|mix|favou?r))"
)
_RUN_IN = re.compile(r"\b(?:in|at|ran|clocked|time\sof|timed\sat)\s$")
_OF_PLAY = re.compile(
    r"\s(?:of\sthe\s(?:first|second|third|fourth|final|opening)|into\s|left\b|remaining\b|to\splay\b)"
)
#: "2h 15m 30s", "1m 23s", "2h 15m"; a lone "15m" is a length or a sum.
_TOOK = re.compile(
    r"(?<![\w.,:/$€£-])(?:(?P<hours>\d{1,3})h\s?(?P<minutes>[0-5]?\d)m|(?P<alone>\d{1,3})m(?=\s?[0-5]?\d(?:\.\d{1,3})?s\b))"
    r"(?:\s?(?P<seconds>[0-5]?\d(?:\.\d{1,3})?)s)?(?!\w)"
)
_CLOCK = re.compile(r"(?<![\d:.,/])(?P<hour>[01]?\d|2[0-4]):(?P<minute>[0-5]\d)(?![:\d%]|\.\d)")
_CLOCKS = re.compile(
    r"(?<![\d:.,/])(?P<hour>[01]?\d|2[0-4]):(?P<minute>[0-5]\d)\s?[-–—]\s?(?P<until>[01]?\d|2[0-4]):(?P<to>[0-5]\d)(?![:\d%]|\.\d)"
)
_HOURS = re.compile(r"(?<![\w.,:-])(?P<hour>[01]\d|2[0-4])(?P<minute>[0-5]\d)(?=\s(?:hours|hrs|GMT|UTC|local)\b)")


def _minutes(minute: str | None) -> str:
    return "" if not minute or minute == "00" else f" {two_digits(int(minute))}"


def _twelve(match: re.Match[str]) -> str:
    # "a.m" before a full stop of its own: the point was the sentence's all along.
    point = "." if match["point"] and _ends(match) else ""
    if match["dots"] is None and match["point"]:
        point = "."
    return f"{cardinal(int(match['hour']))}{_minutes(match['minute'])} {match['half'].upper()} M{point}"


def _ends(match: re.Match[str]) -> bool:
    """Tell whether the point of "p.m." is the sentence's too."""
    if ends_sentence(match.string, match.end()):
        return True
    earlier = before(match)
    return bool(
        _BEGINS.match(match.string, match.end()) and not _BELONGS.search(earlier) and not _OPENS.search(earlier)
    )


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
    first, second, third = (_counted(match[f"{unit}s"], unit) for unit in ("hour", "minute", "second"))
    return f"{first} {second} and {third}" if int(match["hours"]) else f"{second} and {third}"


def _took(match: re.Match[str]) -> str:
    counts = (("hour", match["hours"]), ("minute", match["minutes"] or match["alone"]), ("second", match["seconds"]))
    return " ".join(_counted(count, unit) for unit, count in counts if count)


def _counted(count: str, unit: str) -> str:
    """Return "07.5" and "second" as "seven point five seconds"."""
    plain = re.sub(r"^0+(?=\d)", "", count)
    return f"{decimal(plain)} {unit}{'' if plain == '1' else 's'}"


def _played(match: re.Match[str]) -> str | None:
    if not (_RUN_IN.search(before(match)) or _OF_PLAY.match(match.string, match.end())):
        return None
    return f"{cardinal(int(match['minutes']))} {two_digits(int(match['seconds']))}"


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
    by_pattern("duration", _TOOK, _took),
    by_pattern(
        "duration",
        _RACED,
        lambda match: f"{cardinal(int(match['minutes']))} {_seconds(match['seconds'])}",
    ),
    by_pattern("duration", _PLAYED, _played),
    by_pattern("clock-range", _CLOCKS, _clocks),
    by_pattern("clock", _CLOCK, lambda match: _o_clock(match["hour"], match["minute"])),
    by_pattern("military-time", _HOURS, _hours),
    by_pattern("time-zone", _ZONE, _zone),
)
