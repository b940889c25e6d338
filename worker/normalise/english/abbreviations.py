"""Other words cut short by a point, and references by number."""

from __future__ import annotations

import re

from worker.normalise.edits import Rule, alternation, by_pattern
from worker.normalise.english.context import begins_sentence, ends_sentence
from worker.normalise.english.words import grouped, two_digits

#: Anywhere; the point may be the sentence's as well.
_WORDS = {
    "vs.": "versus", "vs": "versus", "etc.": "et cetera", "e.g.": "for example", "i.e.": "that is",
    "et al.": "and others", "approx.": "approximately", "Inc.": "Incorporated", "Corp.": "Corporation",
    "Co.": "Company", "Cos.": "Companies", "Ltd.": "Limited", "Jr.": "Junior", "Sr.": "Senior",
    "Dept.": "Department", "dept.": "department", "Esq.": "Esquire", "est.": "estimated", "Bros.": "Brothers",
    "Govt.": "Government", "govt.": "government", "Intl.": "International", "Natl.": "National",
    "Assn.": "Association", "Univ.": "University", "min.": "minutes", "hrs.": "hours", "cf.": "compare",
    "incl.": "including", "excl.": "excluding", "avg.": "average", "max.": "maximum", "mgmt.": "management",
    "Mfg.": "Manufacturing", "Dist.": "District", "Sgt. Maj.": "Sergeant Major", "Attys.": "Attorneys", "w/": "with",
    "Ave.": "Avenue", "Blvd.": "Boulevard", "Rd.": "Road", "Hwy.": "Highway", "Pkwy.": "Parkway",
    "Apt.": "Apartment", "Bldg.": "Building", "a.k.a.": "also known as", "aka": "also known as", "P.O.": "P O",
    "Ph.D.": "P H D", "Ph.D.s": "P H Ds", "PhD": "P H D", "PhDs": "P H Ds", "M.D.": "M D", "hwy": "highway",
    "plc": "P L C", "viz.": "namely", "feat.": "featuring", "ft.": "feet", "lbs.": "pounds", "pct.": "percent",
    "ca.": "about",
}  # fmt: skip
_WORD = re.compile(rf"(?<![\w.])(?:{alternation(_WORDS)})(?!\w)")

#: Before a number only.
_REFERENCES = {
    "no.": "number", "nos.": "numbers", "vol.": "volume", "p.": "page", "pp.": "pages", "sec.": "section",
    "secs.": "sections", "art.": "article", "arts.": "articles", "ch.": "chapter", "fig.": "figure",
    "figs.": "figures", "para.": "paragraph", "§": "section", "§§": "sections", "pt.": "part", "ver.": "version",
    "v.": "version", "ed.": "edition", "c.": "circa", "ca.": "circa", "approx.": "approximately",
    "est.": "estimated", "rte.": "route", "rt.": "route", "hwy.": "highway", "apt.": "apartment", "ste.": "suite",
    "bldg.": "building", "rm.": "room", "ext.": "extension", "tel.": "telephone", "max.": "maximum",
    "min.": "minimum", "avg.": "average", "dist.": "district", "amend.": "amendment", "№": "number", "n°": "number",
    "n°.": "number", "nr.": "number",
}  # fmt: skip
_FOUNDED = re.compile(r"\b(?P<word>[Ee]st)\.\s(?=1\d{3}\b|20\d\d\b)")
_COUNTY = re.compile(
    r"\bCo\.(?=\s(?:Antrim|Armagh|Carlow|Cavan|Clare|Cork|Derry|Donegal|Down|Dublin|Durham|Fermanagh|Galway|Kerry|Kildare|"
    r"Kilkenny|Laois|Leitrim|Limerick|Londonderry|Longford|Louth|Mayo|Meath|Monaghan|Offaly|Roscommon|Sligo|Tipperary|"
    r"Tyrone|Waterford|Westmeath|Wexford|Wicklow)\b)"
)
_REFERENCE = re.compile(rf"(?<![\w.])(?P<word>(?i:{alternation(_REFERENCES)}))\s?(?=\d)")
_BRITISH_NUMBER = re.compile(
    r"(?:(?<=\bthe\s)|(?<=\bThe\s)|(?<=\bworld\s))No(?=\s\d{1,3}\b)|\bNo(?=\s10\b(?!\s[a-z]+s\b))"
)
_NTH_MINUTE = re.compile(r"(?<=\d(?:st|nd|rd|th)\s)min(?:\.|(?![\w.]))")
_DOCKET = re.compile(r"(?P<word>\bNos?\.\s?)(?P<year>\d\d)-(?P<number>\d{2,5})(?![\w-])")
_VERSUS = re.compile(r"(?<=[\w.’”]\s)v\.?(?=\s[A-Z])")


def _word(match: re.Match[str]) -> str:
    written = match.group()
    ends = written.endswith(".") and ends_sentence(match.string, match.end())
    return _WORDS[written] + ("." if ends else "")


def _nth_minute(match: re.Match[str]) -> str:
    ends = match.group().endswith(".") and ends_sentence(match.string, match.end())
    return "minute." if ends else "minute"


def _reference(match: re.Match[str]) -> str:
    word = _REFERENCES[match["word"].lower()]
    capital = match["word"][0].isupper() or (match["word"][0] in "§№" and begins_sentence(match.string, match.start()))
    if match["word"][0] == "N" and not begins_sentence(match.string, match.start()):
        capital = False  # "the No. 1 cause"
    return f"{word.capitalize() if capital else word} "


def _docket(match: re.Match[str]) -> str:
    word = "Number" if begins_sentence(match.string, match.start()) else "number"
    return f"{word} {two_digits(int(match['year']))} {grouped(match['number'])}"


RULES: tuple[Rule, ...] = (
    by_pattern("docket", _DOCKET, _docket),
    by_pattern("founded", _FOUNDED, lambda match: "Established " if match["word"][0] == "E" else "established "),
    by_pattern("county", _COUNTY, lambda _: "County"),
    by_pattern("reference", _REFERENCE, _reference),
    by_pattern("reference", _BRITISH_NUMBER, lambda _: "Number"),
    by_pattern("abbreviation", _NTH_MINUTE, _nth_minute),
    by_pattern("abbreviation", _WORD, _word),
    by_pattern("versus", _VERSUS, lambda _: "versus"),
)
