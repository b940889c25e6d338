"""Initialisms: those said letter by letter; those said as words stay as they are."""

from __future__ import annotations

import re

from worker.normalise.edits import Rule, by_pattern
from worker.normalise.english.context import ends_sentence

#: Said as words although their letters alone would not tell.
_WORDS = frozenset(
    (
        "NATO UNESCO UNICEF NASA OPEC FIFA UEFA HIMARS NASAMS ATACMS AIDS SARS COVID BRICS ASEAN AWACS "
        "MERS SWAT RADAR SONAR LASER SCUBA JAXA INTERPOL EUROPOL FRONTEX EURATOM NAFTA CERN PIN SIM RAM "
        "ROM GIF JPEG NAVO MAGA POTUS SCOTUS FLOTUS ICANN IKEA LEGO ZIP OK DAESH HAMAS FEMA OSHA MEDEVAC SALT "
        "START DARPA TASS MAGATE AUKUS NORAD COP UNIFIL UNRWA"
    ).split()
)
_VOWELS = frozenset("AEIOUY")
_DOTTED = re.compile(r"(?<![\w.])(?P<letters>(?:[A-Z]\.){2,6})(?P<tail>['’]s\b|s\b)?(?!\w)")
_PLAIN = re.compile(r"(?<![\w.@#/-])(?P<letters>[A-Z]{2,6})(?P<tail>['’]s|s)?(?![\w@/]|[’'][a-z]{2}|\.[A-Za-z])")
_LETTER = re.compile(r"[A-Za-z]")

#: Above this share of capitals a text is a banner, whose words are words.
_SHOUTED = 0.7
_MOST_SPELLED = 3


def _said_as_word(letters: str) -> bool:
    """Tell whether an initialism is said as a word: known to be, or long enough and easy to say."""
    if letters in _WORDS:
        return True
    if len(letters) <= _MOST_SPELLED:
        return False
    shape = "".join("v" if letter in _VOWELS else "c" for letter in letters)
    return "v" in shape and "vv" not in shape and "ccc" not in shape


def _dotted(match: re.Match[str]) -> str:
    letters = match["letters"].replace(".", " ").strip()
    tail = match["tail"] or ""
    point = "." if not tail and ends_sentence(match.string, match.end()) else ""
    return letters + tail + point


def _plain(match: re.Match[str]) -> str | None:
    letters = match["letters"]
    if _said_as_word(letters) or _shouted(match.string):
        return None
    return " ".join(letters) + (match["tail"] or "")


def _shouted(text: str) -> bool:
    found = _LETTER.findall(text)
    return len(found) > 12 and sum(letter.isupper() for letter in found) > _SHOUTED * len(found)  # noqa: PLR2004


RULES: tuple[Rule, ...] = (
    by_pattern("dotted-initialism", _DOTTED, _dotted),
    by_pattern("initialism", _PLAIN, _plain),
)
