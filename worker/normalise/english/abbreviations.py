"""Titles, ranks and other words cut short by a point."""

from __future__ import annotations

import re

from worker.normalise.edits import Rule, by_pattern
from worker.normalise.english.context import begins_sentence, ends_sentence
from worker.normalise.english.words import cardinal

#: Before a name only.
_TITLES = {
    "Brig. Gen.": "Brigadier General", "Maj. Gen.": "Major General", "Lt. Gen.": "Lieutenant General",
    "Lt. Col.": "Lieutenant Colonel", "Lt. Cmdr.": "Lieutenant Commander", "Gen.": "General", "Col.": "Colonel",
    "Maj.": "Major", "Capt.": "Captain", "Lt.": "Lieutenant", "Sgt.": "Sergeant", "Cpl.": "Corporal", "Adm.": "Admiral",
    "Cmdr.": "Commander", "Pvt.": "Private", "Sen.": "Senator", "Sens.": "Senators", "Rep.": "Representative",
    "Reps.": "Representatives", "Gov.": "Governor", "Pres.": "President", "Rev.": "Reverend", "Hon.": "Honorable",
    "Prof.": "Professor", "Dr.": "Doctor", "Mr.": "Mister", "Mrs.": "Missus", "Ms.": "Miz", "Messrs.": "Messieurs",
    "Supt.": "Superintendent", "Insp.": "Inspector", "Det.": "Detective", "Amb.": "Ambassador", "Fr.": "Father",
    "Mt.": "Mount", "Ft.": "Fort",
}  # fmt: skip

#: Anywhere; the point may be the sentence's as well.
_WORDS = {
    "vs.": "versus", "vs": "versus", "etc.": "et cetera", "e.g.": "for example", "i.e.": "that is",
    "approx.": "approximately", "Inc.": "Incorporated", "Corp.": "Corporation", "Co.": "Company", "Ltd.": "Limited",
    "Jr.": "Junior", "Sr.": "Senior", "Dept.": "Department", "dept.": "department", "est.": "estimated",
    "Ave.": "Avenue", "Blvd.": "Boulevard", "Rd.": "Road", "Bros.": "Brothers", "Govt.": "Government",
    "govt.": "government", "Intl.": "International", "Natl.": "National", "Assn.": "Association", "min.": "minutes",
    "hrs.": "hours", "cf.": "compare", "ca.": "about",
}  # fmt: skip

_ALTERNATIVES = "|".join(re.escape(word).replace(r"\ ", r"\s") for word in sorted(_TITLES, key=len, reverse=True))
_TITLE = re.compile(rf"(?<![\w.])(?:{_ALTERNATIVES})(?=\s[A-Z“\"]|-[A-Z])")
_WORD = re.compile(
    rf"(?<![\w.])(?:{'|'.join(re.escape(word) for word in sorted(_WORDS, key=len, reverse=True))})(?!\w)"
)
_SAINT = re.compile(r"\bSt\.(?=\s[A-Z])")
_STREET = re.compile(r"(?<=[a-z]\s)St\.(?=\s|,|$)|(?<=\w\s)St\.(?=\s[a-z]|,|$)")
_NUMBER = re.compile(r"\b(?P<word>[Nn]os?\.)\s?(?P<number>\d{1,4})\b")

#: "Main St." before a capital is the street when the word before it is no title or preposition.
_SAINT_BEFORE = re.compile(
    r"(?:^|[^\w]|\b(?:in|of|at|to|from|near|and|the|for|with|by|on|outside|around|across))\s*$", re.IGNORECASE
)


def _word(match: re.Match[str]) -> str:
    written = match.group()
    spoken = _WORDS[written]
    ends = written.endswith(".") and ends_sentence(match.string, match.end())
    return spoken + ("." if ends else "")


def _saint(match: re.Match[str]) -> str:
    return "Saint" if _SAINT_BEFORE.search(match.string[: match.start()]) else "Street"


def _number(match: re.Match[str]) -> str:
    word = "numbers" if match["word"].lower() == "nos." else "number"
    if begins_sentence(match.string, match.start()):
        word = word.capitalize()
    return f"{word} {cardinal(int(match['number']))}"


RULES: tuple[Rule, ...] = (
    by_pattern("title", _TITLE, lambda match: _TITLES[re.sub(r"\s", " ", match.group())]),
    by_pattern("number-sign", _NUMBER, _number),
    by_pattern("saint", _SAINT, _saint),
    by_pattern("street", _STREET, lambda match: "Street" + ("." if ends_sentence(match.string, match.end()) else "")),
    by_pattern("abbreviation", _WORD, _word),
)
