"""Fractions, written with a slash or as one sign; ratings and rates written with a slash."""

from __future__ import annotations

import re

from worker.normalise.edits import Rule, by_pattern
from worker.normalise.english.words import cardinal, decimal, grouped, ordinal

_SLASHED = re.compile(
    r"(?<![\w.,/$€£-])(?:(?P<whole>\d{1,3})[\s-])?(?P<top>\d{1,3})\s?[/⁄]\s?(?P<bottom>\d{1,3})(?P<nth>(?i:st|nd|rds?|ths?))?(?![\w/]|[.,]\d|-\d)"
)
_VULGAR = re.compile(r"(?<![\w.,])(?:(?P<whole>\d+)\s?)?(?P<fraction>[½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞])")

#: Fractions that are one sign.
VULGAR = {
    "½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5), "⅗": (3, 5), "⅘": (4, 5),
    "⅙": (1, 6), "⅚": (5, 6), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8), "⅞": (7, 8),
}  # fmt: skip

#: A rating out of ten or a hundred, when one of these stands near.
_RATING = re.compile(
    r"\b(?:rating|rated|score[ds]?|scoring|gave it|marks?|stars?|grade[ds]?|pain|verdict)\b", re.IGNORECASE
)
_PRESSURE = re.compile(r"\b(?:pressure|reading|systolic|vision|mmHg|odds)\b", re.IGNORECASE)
#: Whoever writes of these means odds by what is more than one.
_BETTING = re.compile(
    r"\b(?:odds|bookmakers?|bookies?|bettors?|punters?|wager(?:s|ed)?|priced|backed|each-way|starting price)\b",
    re.IGNORECASE,
)
#: What makes a fraction of more than one.
_OF_IT = re.compile(r"\s(?:of|inch(?:es)?|cups?|miles?|teaspoons?|tablespoons?)\b")
#: A bet: "the 5/2 favourite".
_ODDS = re.compile(r"\s(?:(?:joint|second|clear|ante-post)[\s-])?(?:favou?rites?|favs?|shots?|chances?|outsiders?)\b")
_SET = re.compile(r"(?:7-6|6-7)\s?\($")
_OUT_OF = frozenset({5, 10, 20, 100})
_PARTED = frozenset({2, 3, 4, 5, 6, 8, 16})
_HUNDRED = 100


def _part(top: int, bottom: int) -> str:
    if bottom == 2:  # noqa: PLR2004
        return "half" if top == 1 else "halves"
    word = "quarter" if bottom == 4 else ordinal(bottom)  # noqa: PLR2004
    return word if top == 1 else f"{word}s"


def mixed(whole: str | None, top: int, bottom: int) -> str:
    """Return a fraction, or a whole number with one: "one half", "two and a half"."""
    if not whole:
        return f"{cardinal(top)} {_part(top, bottom)}"
    article = "an" if bottom == 8 else "a"  # noqa: PLR2004
    count = article if top == 1 else cardinal(top)
    return f"{cardinal(int(whole))} and {count} {_part(top, bottom)}"


def _slashed(match: re.Match[str]) -> str | None:
    top, bottom = int(match["top"]), int(match["bottom"])
    near = match.string[max(0, match.start() - 40) : match.end() + 20]
    if match["whole"] and (top == 0 or bottom < 2 or bottom > _HUNDRED):  # noqa: PLR2004
        return f"{cardinal(int(match['whole']))} and {cardinal(top)} over {cardinal(bottom)}"
    if not match["whole"]:
        if bottom in _OUT_OF and _RATING.search(near):
            return f"{cardinal(top)} out of {cardinal(bottom)}"
        open_ = top > bottom and (bottom not in _PARTED or _might_be_another_thing(match))
        if _PRESSURE.search(near) or bottom == 0 or open_:
            return f"{grouped(match['top'])} over {grouped(match['bottom'])}"
        if top == bottom:
            return f"{cardinal(top)} {cardinal(bottom)}"
    if not top or bottom < 2 or bottom > _HUNDRED:  # noqa: PLR2004
        return None
    return mixed(match["whole"], top, bottom)


def _against(match: re.Match[str]) -> str | None:
    """Return odds and tie-breaks with "to"."""
    if match["whole"] or not (_ODDS.match(match.string, match.end()) or _is_tie_break(match) or _is_bet(match)):
        return None
    return f"{cardinal(int(match['top']))} to {cardinal(int(match['bottom']))}"


def _is_tie_break(match: re.Match[str]) -> bool:
    """Tell whether it is the score of the tie-break in brackets after a set: "7-6 (8/6)"."""
    before, after = match.string[max(0, match.start() - 6) : match.start()], match.string[match.end() : match.end() + 1]
    return after == ")" and bool(_SET.search(before))


def _might_be_another_thing(match: re.Match[str]) -> bool:
    """Tell whether more than one of something in a sentence may as well be a day, a score or odds, as nothing says what
    it is a fraction of. Then "over" says what is written and decides nothing.
    """
    is_all = match.group().strip() == match.string.strip()
    return not (is_all or match["nth"] or _OF_IT.match(match.string, match.end()))


def _is_bet(match: re.Match[str]) -> bool:
    near = match.string[max(0, match.start() - 40) : match.end() + 20]
    more = int(match["top"]) > int(match["bottom"]) > 0
    return more and _might_be_another_thing(match) and bool(_BETTING.search(near))


def _vulgar(match: re.Match[str]) -> str:
    return mixed(match["whole"], *VULGAR[match["fraction"]])


_LONG = re.compile(r"(?<![\w.,/$€£-])(?P<top>\d{1,6})\s?/\s?(?P<bottom>\d{1,6})(?![\w/]|[.,]\d|-\d)")


RULES: tuple[Rule, ...] = (
    by_pattern("odds", _SLASHED, _against),
    by_pattern("fraction", _SLASHED, _slashed),
    by_pattern("fraction", _VULGAR, _vulgar),
    by_pattern("over", _LONG, lambda match: f"{decimal(match['top'])} over {decimal(match['bottom'])}"),
)
