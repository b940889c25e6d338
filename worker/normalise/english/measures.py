"""Numbers with units, temperatures, heights."""

from __future__ import annotations

import re

from worker.normalise.edits import Rule, alternation, by_pattern
from worker.normalise.english.context import after, before, before_noun, ends_sentence
from worker.normalise.english.fractions import VULGAR, mixed
from worker.normalise.english.units import LOWER, PER_UNITS, UNITS
from worker.normalise.english.words import NUMBER, cardinal, decimal, suffix

_UNIT = alternation(UNITS)
_DASH = r"\s?(?:[-–—]|to)\s?"
_MIXED = r"(?:\d{1,3}\s[1-9]\d?/(?:[2-9]|1[0-9]|20)(?!\d)|\d{1,3}[½¼¾⅓⅔⅛⅜⅝⅞]|[½¼¾⅓⅔⅛⅜⅝⅞])"
_MEASURE = re.compile(
    rf"(?<![\w.,/:$€£])(?P<minus>[-−–])?(?P<number>{_MIXED}|{NUMBER})(?:{_DASH}(?P<until>{NUMBER}))?"
    rf"(?:[\s-](?P<scale>thousand|million|billion))?(?P<join>\s|-|)(?P<unit>(?i:{_UNIT}))(?![A-Za-z])(?P<point>\.?)"
    rf"(?:/(?P<per>{alternation(PER_UNITS)})\b)?(?![\w/²³]|-\d)"
)
_DEGREES = re.compile(
    rf"(?<![\w.,/:$€£])(?P<minus>[-−–])?(?P<number>{NUMBER})(?:\s?°?[CF]?\s?(?:[-–—]|to)\s?(?P<until>[-−]?{NUMBER}))?"
    r"\s?(?P<unit>[°º]\s?[CFNSEW]\b|[°º]|℃|℉)(?!\w)"
)
_BARE_DEGREES = re.compile(
    rf"(?<![\w.,/:$€£-])(?P<minus>[-−–])?(?P<number>\d{{1,3}}(?:\.\d)?)(?:{_DASH}(?P<until>\d{{1,3}}))?(?P<unit>[CF])(?![\w-])"
)
_HEIGHT = re.compile(r"(?<![\w.,])(?P<feet>[3-8])['’′]\s?(?P<inches>1[01]|\d)(?:[\"”″]|''|’’)(?!\w)")
_FEET_INCHES = re.compile(r"(?<![\w.,])(?P<feet>\d{1,2})\s?ft\.?,?\s(?P<inches>1[01]|\d)\s?in\b\.?")
_PER_ALONE = re.compile(rf"(?<![\w.,/])(?P<number>{NUMBER})/(?P<per>kg|lb|hour|day|week|month|year|person)\b")
_COUNTED_SPAN = re.compile(r"(?<![\w.,/$€£-])(?P<number>\d{1,3}(?:,\d{3})+|\d{1,4}(?:\.\d)?)-(?P<word>[a-z]{2,})\b")
_DIMENSIONS = re.compile(
    rf"(?<![\w.,/:$€£-]){NUMBER}(?:\s?[x×]\s?{NUMBER}){{1,2}}(?P<unit>\s?(?:mm|cm|m|ft|in))?(?![\w]|[.,]\d)"
)
_SECONDS = re.compile(r"(?<![\w.,/:$€£-])(?P<number>\d{1,3}\.\d{1,3})s(?!\w)")
_TIMES = re.compile(rf"(?<![\w.,/:$€£-])(?P<number>{NUMBER})[x×](?![\w])")
_COMPARING = re.compile(
    r"\s(?:more|faster|as|larger|higher|bigger|the|greater|better|its|what|their|stronger|longer)\b"
)
_TONES = {
    "C": "Celsius", "F": "Fahrenheit", "℃": "Celsius", "℉": "Fahrenheit", "N": "north", "S": "south", "E": "east",
    "W": "west",
}  # fmt: skip
_MAGNITUDE = re.compile(r"(?<![\w.])M\s?(?P<number>\d\.\d)(?![\w.]|-\d)")
_INCHES = re.compile(r"(?<![\w.,])(?P<first>\d{1,3})[\"”″]\s?[-–]\s?(?P<second>\d{1,3})[\"”″](?!\w)")


#: "A 13F filing" is a form that funds hand in.
_FILED = re.compile(r"\s(?:filings?|forms?|reports?|disclosures?)\b")
_HANDED_IN = re.compile(r"\b(?:an?|the|its|their|his|her|latest|quarterly|SEC|[Ff]orm)\s$", re.IGNORECASE)
_COLD = re.compile(r"\s(?:low|high|chill|temperatures?|readings?|degrees?|night|day|morning)\b")
#: An oven: "180C/350F".
_OVEN = re.compile(r"(?<![\w.,/:$€£-])(?P<first>\d{2,3})(?P<tone>[CF])/(?P<second>\d{2,3})(?P<other>[CF])(?![\w-])")
#: "Heat the oven to 180C": more than sixty degrees Celsius are an oven's, if it is spoken of, and no room or model.
_IN_AN_OVEN = re.compile(
    r"\b(?:oven|cook(?:ed|ing)?|bake[ds]?|baking|preheat(?:ed)?|roast(?:ed|ing)?|air fryer|grill)\b[^.!?]{0,60}"
    r"(?:\b(?:to|at|of|about|around|or|oven|reach(?:es)?)|[,:(])\s?$",
    re.IGNORECASE,
)
_OVEN_DEGREES = range(70, 301)
#: Stones and pounds: "5st 10lb", "12st"; "21st" alone is an ordinal.
_STONE = re.compile(r"(?<![\w.,/:$€£-])(?P<stone>\d{1,2})st(?:\s?(?P<pounds>1[0-3]|\d)\s?lbs?)?(?![\w-])")
#: "The 100m final": a distance raced over is a name.
_RACED = re.compile(
    r"\s(?:sprints?|dash|hurdles|freestyle|butterfly|backstroke|breaststroke|medley|relay|race|steeplechase)\b"
)
_ALONE = {
    "km/h": "kilometers per hour", "kmh": "kilometers per hour", "m/s": "meters per second", "mph": "miles per hour",
    "m²": "square meter", "km²": "square kilometer", "m³": "cubic meter", "kWh": "kilowatt hours",
    "MWh": "megawatt hours",
}  # fmt: skip
_ALONE_UNIT = re.compile(rf"(?<![\w/])(?:{'|'.join(map(re.escape, _ALONE))})(?![\w/])")


def _measure(match: re.Match[str]) -> str | None:
    written, join = match["unit"], match["join"]
    unit = written if written in UNITS else LOWER.get(written.lower(), "")
    if not unit or _is_something_else(match, unit):
        return None
    one, many = UNITS[unit]
    number = _number(match["number"])
    if match["until"]:
        number += f" to {decimal(match['until'])}"
    if match["scale"]:
        number += f" {match['scale']}"
    singular = join == "-" or (match["number"] in {"1", "½", "¼", "¾"} and not match["until"] and not match["scale"])
    # "155mm shell" is a caliber, always before its noun.
    singular = singular or bool(re.match(r"-[a-z]", after(match)))
    singular = singular or bool(_RACED.match(match.string, match.end()))
    singular = singular or before_noun(match) or (unit == "mm" and not join and _noun_follows(match))
    per = f" per {PER_UNITS[match['per']]}" if match["per"] else ""
    point = "." if match["point"] and (unit not in _CUT or ends_sentence(match.string, match.end())) else ""
    return f"{'minus ' if match['minus'] else ''}{number} {one if singular else many}{per}{point}"


#: Units that are written with a point of their own; a point after any other is the sentence's.
_CUT = frozenset(unit for unit in UNITS if not any(mark in unit for mark in "²³/°") and unit.islower())


def _is_something_else(match: re.Match[str], unit: str) -> bool:
    """Tell whether a letter after a number is no unit: "5-m", "in 5 in", "at 8 in the", "10 ha ha"."""
    join = match["join"]
    if unit == "in":
        return join == " " and not match["point"]
    return unit in {"g", "mi", "ha", "l", "L"} and join == "-"


def _noun_follows(match: re.Match[str]) -> bool:
    return bool(re.match(r"\s(?!of\b|in\b|and\b|to\b|or\b|thick|wide|long|deep)[A-Za-z]", after(match)))


def _number(written: str) -> str:
    """Return a number that may have a fraction: "4 1/2" as "four and a half"."""
    if written[-1] in VULGAR:
        return mixed(written[:-1], *VULGAR[written[-1]])
    whole, space, part = written.partition(" ")
    if space:
        top, bottom = part.split("/")
        return mixed(whole, int(top), int(bottom))
    return decimal(written)


def _degrees(match: re.Match[str]) -> str:
    scale = _TONES.get(match["unit"][-1], "")
    until = match["until"]
    number = decimal(match["number"])
    if until:
        number += f" to {'minus ' if until[0] in '-−' else ''}{decimal(until.lstrip('-−'))}"
    word = "degree" if (match["number"] == "1" and not until) or before_noun(match) else "degrees"
    return f"{'minus ' if match['minus'] else ''}{number} {word}{f' {scale}' if scale else ''}"


def _is_filing(match: re.Match[str]) -> bool:
    named = match["number"] == "13" and _HANDED_IN.search(before(match)) and not _COLD.match(match.string, match.end())
    return bool(named or _FILED.match(match.string, match.end()))


def _bare_degrees(match: re.Match[str]) -> str | None:
    if match["unit"] == "F" and _is_filing(match):
        return None
    if len(match["number"]) > 2 and match["unit"] == "C" and (number := int(float(match["number"]))) > 60:  # noqa: PLR2004
        return _degrees(match) if number in _OVEN_DEGREES and _IN_AN_OVEN.search(before(match)) else None
    return _degrees(match)


def _times(match: re.Match[str]) -> str:
    word = "times" if _COMPARING.match(match.string, match.end()) else "x"
    return f"{decimal(match['number'])} {word}"


def _dimensions(match: re.Match[str]) -> str:
    unit = match["unit"]
    tail = f" {UNITS[unit.strip()][0 if _noun_follows(match) else 1]}" if unit else ""
    numbers = re.findall(NUMBER, match.group().removesuffix(unit or ""))
    return " by ".join(decimal(number) for number in numbers) + tail


def _height(match: re.Match[str]) -> str:
    return f"{cardinal(int(match['feet']))} foot {cardinal(int(match['inches']))}"


def _oven(match: re.Match[str]) -> str:
    first, second = f"{decimal(match['first'])} degrees", f"{decimal(match['second'])} degrees"
    return f"{first} {_TONES[match['tone']]}, {second} {_TONES[match['other']]}"


def _stone(match: re.Match[str]) -> str | None:
    stone, pounds = int(match["stone"]), match["pounds"]
    if pounds is None:
        return None if suffix(stone) == "st" else f"{cardinal(stone)} stone"
    return f"{cardinal(stone)} stone {cardinal(int(pounds))} {'pound' if pounds == '1' else 'pounds'}"


def _feet_inches(match: re.Match[str]) -> str:
    feet, inches = int(match["feet"]), int(match["inches"])
    if before_noun(match):
        return f"{cardinal(feet)} foot {cardinal(inches)}"
    point = "." if match.group().endswith(".") and ends_sentence(match.string, match.end()) else ""
    long, short = "foot" if feet == 1 else "feet", "inch" if inches == 1 else "inches"
    return f"{cardinal(feet)} {long} {cardinal(inches)} {short}{point}"


RULES: tuple[Rule, ...] = (
    by_pattern("magnitude", _MAGNITUDE, lambda match: f"magnitude {decimal(match['number'])}"),
    by_pattern("inches", _INCHES, lambda match: f"{decimal(match['first'])} to {decimal(match['second'])} inches"),
    by_pattern("dimensions", _DIMENSIONS, _dimensions),
    by_pattern("seconds", _SECONDS, lambda match: f"{decimal(match['number'])} seconds"),
    by_pattern("height", _HEIGHT, _height),
    by_pattern("height", _FEET_INCHES, _feet_inches),
    by_pattern("stone", _STONE, _stone),
    by_pattern("temperature", _OVEN, _oven),
    by_pattern("temperature", _DEGREES, _degrees),
    by_pattern("measure", _MEASURE, _measure),
    by_pattern("temperature", _BARE_DEGREES, _bare_degrees),
    by_pattern("times", _TIMES, _times),
    by_pattern("measure", _ALONE_UNIT, lambda match: _ALONE[match.group()]),
    by_pattern("rate", _PER_ALONE, lambda match: f"{decimal(match['number'])} per {PER_UNITS[match['per']]}"),
    by_pattern("counted", _COUNTED_SPAN, lambda match: f"{decimal(match['number'])}-{match['word']}"),
)
