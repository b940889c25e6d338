"""Phone numbers, short emergency numbers, and other numbers that are dialled or keyed in."""

from __future__ import annotations

import re

from worker.normalise.edits import Rule, by_pattern
from worker.normalise.english.context import after, before
from worker.normalise.english.nouns import COUNTED
from worker.normalise.english.words import digits

_GAP = r"[\s.\u2010\u2011-]"
_INTERNATIONAL = re.compile(rf"(?<![\w+])\+\d{{1,3}}(?:{_GAP}?\(?\d{{1,5}}\)?){{2,6}}(?!\w)")
_AMERICAN = re.compile(
    rf"(?<![\w.+-])(?:1{_GAP})?(?:\(\d{{3}}\){_GAP}?|\d{{3}}(?P<gap>{_GAP}))\d{{3}}[\s.-]\d{{4}}(?:-\d{{1,5}})?(?![\w-]|\.\d)"
)
_VANITY = re.compile(r"(?<![\w.-])1-(?P<area>8\d\d|900)-(?P<word>[A-Z0-9]+(?:-[A-Z0-9]+)*)(?![\w-])")
_TRUNK = re.compile(r"(?<![\w.,-])0\d{2,4}(?:[\s-]\d{3,6}){1,3}(?![\w-])")
_LOCAL = re.compile(r"(?<![\w.,-])\d{3}-\d{4}(?![\w-]|[.,]\d)")
_SOCIAL = re.compile(r"(?<![\w-])\d{3}-\d\d-\d{4}(?![\w-])")
_SHORT = re.compile(r"(?<![\w.,$€£-])(?P<number>911|988|999|112|311|411|211|101|111)(?![\w%]|[.,]\d|-\d)")

#: Before a number that is dialled, within a few words.
_DIALLED = re.compile(
    r"\b(?:calls?|called|calling|dial(?:s|ed|led|ing)?|phone[ds]?|texts?|texted|texting|tel(?:ephone)?|ring|rang|hotline|"
    r"helpline|lifeline|number|at|fax|whatsapp)\b\W{0,3}(?:\w+\W+){0,2}$",
    re.IGNORECASE,
)
_DIALLED_NEAR = re.compile(
    r"\b(?:call|dial|phone|text|hotline|helpline|tip line|emergency)\w*\b[^.!?]{0,60}$", re.IGNORECASE
)
_SHORT_CODE = re.compile(r"(?:(?<=\bto\s)|(?<=\b[Tt]ext\s))\d{5,6}(?![\w-]|[.,]\d)")
#: Helplines that are written as sums might be: the Samaritans', Lifeline's, those for missing and for other children.
_HELPLINE = re.compile(
    r"(?<![\w.,$€£-])(?:116[ \u00a0](?:123|000|111|117)|13[ \u00a0]11[ \u00a0]14)(?![\w%-]|[.,]\d|[ \u00a0]\d)"
)
_AFTER_SHORT = re.compile(
    r"\s(?:calls?|callers?|dispatch\w*|operators?|emergency|line|hotline|lifeline|system|recording)"
)
_EMERGENCY = frozenset({"911", "988"})


def _said(written: str) -> str:
    spoken = ", ".join(digits(group) for group in re.findall(r"\d+", written))
    return f"plus {spoken}" if written.startswith("+") else spoken


def _international(match: re.Match[str]) -> str | None:
    return _said(match.group()) if sum(map(str.isdecimal, match.group())) >= 8 else None  # noqa: PLR2004  shorter: a sum


def _american(match: re.Match[str]) -> str:
    written = match.group()
    if toll := re.match(rf"1{_GAP}(8\d\d){_GAP}(.*)", written):
        return f"one, {_toll_free(toll.group(1))}, {_said(toll.group(2))}"
    return _said(written)


def _toll_free(area: str) -> str:
    return f"{digits(area[0])} hundred" if area.endswith("00") else digits(area)


def _vanity(match: re.Match[str]) -> str | None:
    if match["word"].replace("-", "").isdecimal():
        return None
    word = " ".join(digits(part) if part.isdecimal() else part for part in match["word"].split("-"))
    return f"one, {_toll_free(match['area'])}, {word}"


def _local(match: re.Match[str]) -> str | None:
    written = match.group()
    dialled = written[4] == "0" or _DIALLED.search(before(match))
    return _said(written) if dialled else None


def _short(match: re.Match[str]) -> str | None:
    number = match["number"]
    earlier = before(match)
    dialled = _DIALLED.search(earlier) or _DIALLED_NEAR.search(earlier)
    named = _AFTER_SHORT.match(match.string, match.end())
    return digits(number) if named or (dialled and not _counts(match)) else None


def _short_code(match: re.Match[str]) -> str | None:
    return digits(match.group()) if re.search(r"\b[Tt]ext\b[^.!?]{0,40}$", before(match)) else None


def _helpline(match: re.Match[str]) -> str | None:
    return None if COUNTED.match(after(match)) or re.match(r"\s[a-z]+s\b", after(match)) else _said(match.group())


def _counts(match: re.Match[str]) -> bool:
    """Tell whether a noun follows, so that the number counts things: "at 111 sites"."""
    following = after(match)
    return bool(COUNTED.match(following) or (match["number"] not in _EMERGENCY and re.match(r"\s[a-z]+s\b", following)))


RULES: tuple[Rule, ...] = (
    by_pattern("phone", _INTERNATIONAL, _international),
    by_pattern("phone", _AMERICAN, _american),
    by_pattern("phone", _VANITY, _vanity),
    by_pattern("phone", _SOCIAL, lambda match: _said(match.group())),
    by_pattern("phone", _TRUNK, lambda match: _said(match.group())),
    by_pattern("phone", _LOCAL, _local),
    by_pattern("short-code", _SHORT_CODE, _short_code),
    by_pattern("helpline", _HELPLINE, _helpline),
    by_pattern("emergency-number", _SHORT, _short),
)
