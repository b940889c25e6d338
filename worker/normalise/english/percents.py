"""Percent, points, and amounts with a letter for their scale."""

from __future__ import annotations

import re

from worker.normalise.edits import Rule, by_pattern
from worker.normalise.english.money import SCALES
from worker.normalise.english.words import NUMBER, decimal

_SIGNS = {"-": "minus ", "−": "minus ", "–": "minus ", "+": "plus ", "±": "plus or minus ", "~": "about ", "": ""}
_SIGN = r"(?P<sign>[-−–+±~])?"
_PERCENT = re.compile(
    rf"(?<![\w.,/$€£]){_SIGN}(?P<number>{NUMBER})(?:\s?%?\s?(?P<join>[-–—]|to|and|or)\s?(?P<until>{NUMBER}))?[\s-]?"
    r"(?P<unit>%|‰|pct\b\.?|per\s?cent\b|percent\b|percentage[\s-]points?\b|pp\b|p\.p\.)"
)
_SCALED = re.compile(
    rf"(?<![\w.,/$€£]){_SIGN}(?P<number>{NUMBER})(?:\s?[-–—]\s?(?P<until>{NUMBER}))?(?P<scale>[kKMB]|bn|mn|tn|mln|bln)(?![\w])"
)
_RACE = re.compile(r"\s(?:run|race|walk|runs|races|course|record|fun run|charity|video|tv|TV|resolution|screen|display)\b")


def _percent(match: re.Match[str]) -> str:
    unit, join = match["unit"], match["join"]
    until = ""
    if match["until"]:
        until = f" {join if join in {'and', 'or'} else 'to'} {decimal(match['until'])}"
    if unit.startswith(("percentage", "pp", "p.p")):
        word = unit.replace("-", " ") if unit.startswith("percentage") else "percentage points"
    else:
        word = "per mille" if unit == "‰" else "per cent" if " " in unit else "percent"
    return f"{_SIGNS[match['sign'] or '']}{decimal(match['number'])}{until} {word}"


def _scaled(match: re.Match[str]) -> str | None:
    scale = match["scale"]
    if scale in {"k", "K"} and (_RACE.match(match.string, match.end()) or match["number"] == "401"):
        return f"{decimal(match['number'])} K"
    until = f" to {decimal(match['until'])}" if match["until"] else ""
    return f"{_SIGNS[match['sign'] or '']}{decimal(match['number'])}{until} {SCALES[scale.lower()]}"


RULES: tuple[Rule, ...] = (
    by_pattern("percent", _PERCENT, _percent),
    by_pattern("scaled", _SCALED, _scaled),
)
