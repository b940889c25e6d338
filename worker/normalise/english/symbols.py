"""Signs that stand for words, and signs that are never said."""

from __future__ import annotations

import re

from worker.normalise.edits import Rule, by_pattern

_AND = re.compile(r"(?<=\s)&(?=\s)|(?<=[A-Z])&(?=[A-Z])")
_ABOUT = re.compile(r"[~≈]\s?(?=\d)")
_HASH = re.compile(r"(?<!\w)#(?=\d{1,4}\b)")
_BETWEEN = re.compile(r"(?<=\d)\s?[×x]\s?(?=\d)|(?<=\s)=(?=\s)|(?<=\s)\+(?=\s)")
_BETWEEN_WORDS = {"×": " by ", "x": " by ", "=": "equals", "+": "plus"}
_EMOJI = re.compile(r"[\U0001F000-\U0001FAFF\u2600-\u27BF\u2B00-\u2BFF\uFE0F\u200D]+\s?")
_MARKS = re.compile(r"[©®™†‡]|\[\d{1,3}\]|[¹²³]+(?=\s|[.,;]|$)")


def _and(match: re.Match[str]) -> str:
    return "and" if match.string[match.start() - 1].isspace() else " and "


RULES: tuple[Rule, ...] = (
    by_pattern("ampersand", _AND, _and),
    by_pattern("about", _ABOUT, lambda _: "about "),
    by_pattern("number-sign", _HASH, lambda _: "number "),
    by_pattern("sign", _BETWEEN, lambda match: _BETWEEN_WORDS[match.group().strip()]),
    by_pattern("emoji", _EMOJI, lambda _: ""),
    by_pattern("mark", _MARKS, lambda _: ""),
)
