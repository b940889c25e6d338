"""Names made of letters and numbers: aircraft, diseases, roads, dates that became names."""

from __future__ import annotations

import re

from worker.normalise.edits import Rule, by_pattern
from worker.normalise.english.words import grouped, plural

_FIXED = re.compile(r"\b(?:9/11|24/7|7/7|50/50|50-50|G7|G20|G8)\b")
_SPOKEN = {
    "9/11": "nine eleven",
    "24/7": "twenty-four seven",
    "7/7": "seven seven",
    "50/50": "fifty-fifty",
    "50-50": "fifty-fifty",
    "G7": "G seven",
    "G8": "G eight",
    "G20": "G twenty",
}

_MODEL = re.compile(
    r"\b(?P<name>[A-Z][A-Za-z]{0,11})-(?P<number>\d{1,4})(?P<letter>[A-Z]{0,2})(?P<plural>s)?\b(?![-.,]\d)"
)


def _model(match: re.Match[str]) -> str:
    name = match["name"]
    letters = " ".join(name) if name.isupper() and len(name) < 4 else name  # noqa: PLR2004  "AK", "F", but "HIMARS"
    number = grouped(match["number"])
    if match["plural"] and not match["letter"]:
        number = plural(number)
    tail = " " + " ".join(match["letter"]) + ("s" if match["plural"] else "") if match["letter"] else ""
    return f"{letters} {number}{tail}"


RULES: tuple[Rule, ...] = (
    by_pattern("fixed-name", _FIXED, lambda match: _SPOKEN[match.group()]),
    by_pattern("model", _MODEL, _model),
)
