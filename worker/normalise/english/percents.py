"""Percent, points, and amounts with a letter for their scale."""

from __future__ import annotations

import re

from worker.normalise.edits import Rule, by_pattern
from worker.normalise.english.context import after, before
from worker.normalise.english.money import SCALES
from worker.normalise.english.nouns import COUNTED
from worker.normalise.english.words import CONTINENTAL, NUMBER, decimal

_SIGNS = {"-": "minus ", "−": "minus ", "–": "minus ", "+": "plus ", "±": "plus or minus ", "~": "about ", "": ""}
_SIGN = r"(?P<sign>[-−–+±~])?"
_PERCENT = re.compile(
    rf"(?<![\w.,/$€£]){_SIGN}(?P<number>{CONTINENTAL})(?:\s?%?\s?(?P<join>[-–—]|to|and|or)\s?(?P<until>{NUMBER}))?[\s-]?"
    r"(?P<unit>%|‰|pct\b\.?|(?<=\d)pc\b(?!\s(?:sets?|suits?|kits?|bundles?|swimsuits?|nuggets|wings|chicken|meal))|ppts?\b|per\s?cent\b|percent\b|percentage[\s-]points?\b|pp\b|p\.p\.)"
)
_SCALED = re.compile(
    rf"(?<![\w.,/$€£]){_SIGN}(?P<number>{NUMBER})(?:\s?[-–—]\s?(?P<until>{NUMBER}))?(?P<scale>[kKMB]|bn|mn|tn|tr|mln|bln|BN|MN|TN|MLN)(?![\w])"
)
_RACE = re.compile(
    r"\s(?:run|race|walk|runs|races|course|record|fun run|charity|video|tv|TV|resolution|screen|display)\b"
)


_RUN = re.compile(r"\b(?:an?|annual|charity|virtual|fun|weekly|first)\s$", re.IGNORECASE)
_PEOPLED = re.compile(r"\s(?:[A-Z][a-z]+s\b|have\b|were\b|are\b|voted\b|watched\b|fled\b|live\b|lived\b|b/d\b)")
_WEALTH = re.compile(
    r"\b(?:population of|donat(?:e|ed|ing)|rais(?:e|ed|ing)|spen[dt]|earned|lost|paid|budget of|worth|profit of|"
    r"revenue of|audience of)\s(?:about\s|over\s|some\s|nearly\s|almost\s|more than\s)?$"
)
_MILLIONS = re.compile(rf"(?<![\w.,/$€£])(?P<number>{NUMBER})(?:\s?[-–—]\s?(?P<until>{NUMBER}))?m(?=[\s.,;)]|$)")
_LENGTH = re.compile(
    r"\s(?:tall|long|wide|deep|high|away|above|below|from|thick|of|in|and|to|or|north|south|east|west)\b"
)
_RUN_LENGTHS = frozenset({"5", "10", "15", "50", "100"})


def _percent(match: re.Match[str]) -> str:
    unit, join = match["unit"], match["join"]
    until = ""
    if match["until"]:
        own = " percent" if "%" in match.group()[:-1] else ""
        until = f"{own} {join if join in {'and', 'or'} else 'to'} {decimal(match['until'])}"
    if unit.startswith(("percentage", "pp", "p.p")):
        word = unit.replace("-", " ") if unit.startswith("percentage") else "percentage points"
    else:
        word = "per mille" if unit == "‰" else "per cent" if " " in unit else "percent"
    return f"{_SIGNS[match['sign'] or '']}{decimal(match['number'])}{until} {word}"


def _scaled(match: re.Match[str]) -> str | None:
    scale = match["scale"]
    earlier = before(match)
    run = match["number"] in _RUN_LENGTHS and _RUN.search(earlier) and not COUNTED.match(match.string, match.end())
    if scale in {"k", "K"} and (run or _RACE.match(match.string, match.end())):
        return f"{decimal(match['number'])} K"
    if scale == "B" and "." not in match["number"] and not COUNTED.match(match.string, match.end()):
        return None  # "Pad 39B"
    until = f" to {decimal(match['until'])}" if match["until"] else ""
    return f"{_SIGNS[match['sign'] or '']}{decimal(match['number'])}{until} {SCALES[scale.lower()]}"


def _millions(match: re.Match[str]) -> str | None:
    counted = (
        COUNTED.match(match.string, match.end())
        or _PEOPLED.match(match.string, match.end())
        or _WEALTH.search(before(match))
    )
    plural = re.match(r"\s[a-z]+s\b", after(match)) and not _LENGTH.match(match.string, match.end())
    if not (counted or (plural and "." in match["number"])):
        return None
    until = f" to {decimal(match['until'])}" if match["until"] else ""
    return f"{decimal(match['number'])}{until} million"


RULES: tuple[Rule, ...] = (
    by_pattern("percent", _PERCENT, _percent),
    by_pattern("scaled", _SCALED, _scaled),
    by_pattern("scaled", _MILLIONS, _millions),
)
