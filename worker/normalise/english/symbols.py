"""Signs that stand for words, and signs that are never said."""

from __future__ import annotations

import re

from worker.normalise.edits import Rule, by_pattern
from worker.normalise.english.context import before

_AND = re.compile(r"(?<=\s)&(?=\s)|(?<=\w)&(?=\w)|(?<!\w)&(?=\w)|(?<=\s)&$")
_ABOUT = re.compile(r"[~≈∼]\s?(?=[\d$€£])")
_HASH = re.compile(r"(?<!\w)#\s?(?=\d{1,4}\b)")
_EQUALS = re.compile(r"(?<=[\w)])\s?=\s?(?=[\w(-])")
_PLUS = re.compile(r"(?<=\s)\+\s?(?=\w)|(?<=\d)\s?\+\s?(?=\d)")
_PLUS_MINUS = re.compile(r"(?<![\w+])\+\s?/\s?[-−–]\s?(?=[\d$€£.])")
_PLUS_AFTER = re.compile(r"(?<=[\w])\+(?![\w+])")
#: A rating or a mark: "BBB-", "an A- in maths"; "A- and B-rich" leaves a word to come.
_MINUS_AFTER = re.compile(
    r"(?:(?<=(?<![\w&])[A-D])|(?P<rating>(?<=(?<!\w)AA)|(?<=(?<!\w)BB)|(?<=(?<!\w)CC)|(?<=(?<!\w)BBB)|(?<=(?<!\w)CCC)))-"
    r"(?=[\s.,;:)!?”\"’]|$)(?!\s(?:and|or|to)\s[\w]+-[a-z])"
)
_MARKED = re.compile(r"\b(?:an?|to|from|of|at|with|and|or|got|straight|graded?|rated|rating)\s[A-D]$", re.IGNORECASE)
_COMPARED = re.compile(r"(?P<sign>>=|<=|[<>≥≤±≠])\s?(?=[\d$€£.])")
_SLASH = re.compile(r"(?<=[A-Za-z])\s?/\s?(?=[A-Za-z])")
_PERCENT = re.compile(r"(?<=\s)%(?=\s|$)")
_AT = re.compile(r"(?<=\w)\s@\s(?=[\w$€£])|(?<!\w)@(?=\d)")
_COPYRIGHT = re.compile(r"©\s?(?=\d{4}\b)")
_SECTION = re.compile(r"§§?\s?")
_CURRENCY = re.compile(r"(?<![\w$€£])[$€£](?=\s|$|[),.;:])")
_PICTURES = r"[\U0001F000-\U0001FAFF\u2600-\u27BF\u2B00-\u2BFF\uFE0F\u200D\u20E3\U000E0020-\U000E007F]+"
_EMOJI = re.compile(rf"\s?{_PICTURES}(?=[\s.,;:!?)]|$)|{_PICTURES}")
_MARKS = re.compile(r"[©®™†‡•▪●■◆]|\[\d{1,3}\]|(?<![\d\s]m)(?<![kcm]m)(?<!ft)(?<!mi)[¹²³⁴⁵⁶⁷⁸⁹⁰]+(?=[\s.,;:)”\"]|$)")
_MORE = re.compile(r"\*{1,3}(?=\s|$)|(?<!\w)\*{1,3}(?=\w)|(?<=[\w.,])\*{1,3}(?!\w)|_{2,}")

_COMPARED_WORDS = {
    ">=": "at least", "≥": "at least", "<=": "at most", "≤": "at most", "<": "less than", ">": "more than",
    "±": "plus or minus", "≠": "not",
}  # fmt: skip
_CURRENCY_WORDS = {"$": "dollars", "€": "euros", "£": "pounds"}


def _compared(match: re.Match[str]) -> str:
    space = " " if match.start() and not match.string[match.start() - 1].isspace() else ""
    return f"{space}{_COMPARED_WORDS[match['sign']]} "


def _and(match: re.Match[str]) -> str:
    text, start, end = match.string, match.start(), match.end()
    gap = " " if start and not text[start - 1].isspace() else ""
    after = " " if end < len(text) and not text[end].isspace() else ""
    return f"{gap}and{after}"


def _minus(match: re.Match[str]) -> str | None:
    return " minus" if match["rating"] is not None or _MARKED.search(before(match)) else None


#: Before any number is read: a footnote's mark is none.
MARK_RULES: tuple[Rule, ...] = (
    by_pattern("copyright", _COPYRIGHT, lambda _: "copyright "),
    by_pattern("mark", _MARKS, lambda _: ""),
    by_pattern("plus-minus", _PLUS_MINUS, lambda _: "plus or minus "),
)

RULES: tuple[Rule, ...] = (
    by_pattern("ampersand", _AND, _and),
    by_pattern("about", _ABOUT, lambda _: "about "),
    by_pattern("number-sign", _HASH, lambda _: "number "),
    by_pattern("equals", _EQUALS, lambda _: " equals "),
    by_pattern("plus", _PLUS, lambda match: "plus " if match.string[match.start() - 1].isspace() else " plus "),
    by_pattern("plus", _PLUS_AFTER, lambda _: " plus"),
    by_pattern("minus", _MINUS_AFTER, _minus),
    by_pattern("compared", _COMPARED, _compared),
    by_pattern("slash", _SLASH, lambda _: " slash "),
    by_pattern("percent", _PERCENT, lambda _: "percent"),
    by_pattern("at", _AT, lambda match: " at " if match.group()[0].isspace() else "at "),
    by_pattern("section", _SECTION, lambda _: "section "),
    by_pattern("currency", _CURRENCY, lambda match: _CURRENCY_WORDS[match.group()]),
    by_pattern("emoji", _EMOJI, lambda _: ""),
    by_pattern("mark", _MORE, lambda _: ""),
)
