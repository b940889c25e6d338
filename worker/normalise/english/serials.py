"""Codes of letters and digits that no other rule knows: A380, H5N1, BA123, CO2, SW1A."""

from __future__ import annotations

import re

from worker.normalise.edits import Rule, by_pattern
from worker.normalise.english.initialisms import said_as_word
from worker.normalise.english.words import decimal, grouped, letters, plural

_SERIAL = re.compile(
    r"(?<![\w@#.&])(?<!\d,)(?=[^\W_]*\d)(?=[^\W_]*[^\W\d_])(?P<code>[^\W_]+)(?P<point>\.\d+)?(?P<ending>['’]s)?(?![\w@])",
    re.ASCII,
)
#: A lineage of a virus: BA.5, XBB.1.5.
_VARIANT = re.compile(r"(?<![\w.])(?P<name>[A-Z]{1,4})(?P<numbers>(?:\.\d{1,3})+)(?![\w]|\.\w)")
_PARTS = re.compile(r"\d+|[A-Za-z]+")
_WORD = re.compile(r"[A-Z][a-z]+|[a-z]{3,}")


def _serial(match: re.Match[str]) -> str:
    parts = _PARTS.findall(match["code"])
    many = len(parts) > 1 and parts[-1] == "s" and parts[-2].isdecimal()
    if many:
        parts = parts[:-1]
    said = [_part(part) for part in parts]
    if many:
        said[-1] = plural(said[-1])
    tail = f" point {decimal(match['point'])[6:]}" if match["point"] else ""
    return " ".join(said) + tail + (match["ending"] or "")


def _part(part: str) -> str:
    if part.isdecimal():
        return grouped(part)
    return part if _WORD.fullmatch(part) or part.islower() or said_as_word(part) else letters(part)


def _variant(match: re.Match[str]) -> str:
    return " ".join([letters(match["name"]), *(grouped(part) for part in match["numbers"][1:].split("."))])


RULES: tuple[Rule, ...] = (
    by_pattern("variant", _VARIANT, _variant),
    by_pattern("serial", _SERIAL, _serial),
)
