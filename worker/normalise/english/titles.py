"""Titles and ranks cut short before a name."""

from __future__ import annotations

import re

from worker.normalise.edits import Rule, alternation, by_pattern
from worker.normalise.english.words import ordinal

_RANKS = {
    "Gen.": "General", "Col.": "Colonel", "Maj.": "Major", "Capt.": "Captain", "Lt.": "Lieutenant",
    "Lieut.": "Lieutenant", "Sgt.": "Sergeant", "Cpl.": "Corporal", "Adm.": "Admiral", "Cmdr.": "Commander",
    "Cdr.": "Commander", "Cmdt.": "Commandant", "Pvt.": "Private", "Pte.": "Private", "Brig.": "Brigadier",
    "Ens.": "Ensign", "Spc.": "Specialist", "Pfc.": "Private First Class", "Comdr.": "Commander",
    "Cmsgt.": "Chief Master Sergeant", "Cpt.": "Captain", "Sfc.": "Sergeant First Class",
}  # fmt: skip
_BEFORE_RANK = {
    "Brig.": "Brigadier", "Maj.": "Major", "Lt.": "Lieutenant", "Vice": "Vice", "Rear": "Rear", "Fleet": "Fleet",
    "Staff": "Staff", "Master": "Master", "Tech.": "Technical", "Chief": "Chief", "Col.": "Colonel", "Capt.": "Captain",
    "First": "First", "Second": "Second", "Gunnery": "Gunnery", "Air": "Air", "Flight": "Flight", "Det.": "Detective",
    "Det": "Detective", "Insp.": "Inspector", "1st": "First", "2nd": "Second", "Gen.": "General",
}  # fmt: skip
_OTHERS = {
    "Sen.": "Senator", "Sens.": "Senators", "Rep.": "Representative", "Reps.": "Representatives", "Gov.": "Governor",
    "Govs.": "Governors", "Gens.": "Generals", "Cols.": "Colonels", "Pres.": "President", "Rev.": "Reverend",
    "Revs.": "Reverends", "Hon.": "Honorable", "Prof.": "Professor", "Profs.": "Professors", "Dr.": "Doctor",
    "Drs.": "Doctors", "Mr.": "Mister", "Mrs.": "Missus", "Ms.": "Miz", "Messrs.": "Messieurs", "Mx.": "Mix",
    "Supt.": "Superintendent", "Insp.": "Inspector", "Det.": "Detective", "Amb.": "Ambassador", "Fr.": "Father",
    "Mt.": "Mount", "Mts.": "Mounts", "Ft.": "Fort", "Del.": "Delegate", "Atty.": "Attorney", "Asst.": "Assistant",
    "Dep.": "Deputy", "Sec.": "Secretary", "Min.": "Minister", "Ofc.": "Officer", "Off.": "Officer",
    "Dir.": "Director", "Comm.": "Commissioner", "Cllr.": "Councillor", "Msgr.": "Monsignor", "Mgr.": "Monsignor",
    "Bp.": "Bishop", "Abp.": "Archbishop", "Card.": "Cardinal", "Sr.": "Sister", "Mme.": "Madame",
    "Mlle.": "Mademoiselle", "Adj.": "Adjutant", "Dist.": "District", "Mr": "Mister", "Mrs": "Missus",
    "Dr": "Doctor", "Prof": "Professor", "Gen": "General", "Lt": "Lieutenant", "Col": "Colonel", "Sgt": "Sergeant",
    "Capt": "Captain", "Cllr": "Councillor", "Supt": "Superintendent", "Insp": "Inspector", "Maj": "Major",
    "Brig": "Brigadier", "Cdr": "Commander", "Cpl": "Corporal", "Pte": "Private", "Adm": "Admiral", "Rev": "Reverend",
    "Sen": "Senator", "Gov": "Governor", "Sqn Ldr": "Squadron Leader", "Wg Cdr": "Wing Commander",
    "Flt Lt": "Flight Lieutenant", "Gp Capt": "Group Captain",
}  # fmt: skip
_NAME = r"(?=\s[\"“‘(]?[A-Z]|-[A-Z])"
_BEFORE = alternation(_BEFORE_RANK)
_RANK = alternation(_RANKS)
_RANKED = re.compile(
    rf"(?<![\w.])(?P<first>{_BEFORE})\s(?P<second>{_RANK}|Gov\.|Insp\.|Supt\.)(?P<class>\s1st\sClass)?{_NAME}"
)
_TITLE = re.compile(
    rf"(?<![\w.])(?!Gen\s(?:[A-Z]\b|Alpha)|Pte\sLtd|Gov\s(?:Ball|UK)\b)(?P<title>{alternation(_RANKS | _OTHERS)})"
    rf"(?P<class>\s[123]\w\w\sClass)?{_NAME}"
)
#: Ranks of the British police without points. "Det", "Ch" and "Con" are ranks only beside another one.
_POLICE = {"Det": "Detective", "Ch": "Chief", "Supt": "Superintendent", "Insp": "Inspector", "Sgt": "Sergeant",
           "Con": "Constable"}  # fmt: skip
_POLICED = re.compile(rf"(?<![\w.])(?P<ranks>(?:Det\s(?:Ch\s)?|Ch\s)(?:Supt|Insp|Sgt|Con)){_NAME}")
_RANK_ALONE = re.compile(
    r"(?<![\w.])(?P<first>Lt\.|Maj\.|Brig\.|Staff|Master)\s(?P<second>Col\.|Gen\.|Sgt\.|Cmdr\.)(?P<class>)(?=\s[a-z]|['’]s|,)"
)
_ALONE = re.compile(r"(?<![\w.])(?P<title>Mr|Mrs|Ms|Dr|Gov|Sen|Rep|Gen)\.(?=['’]s|\s[a-z]|,)")
_ALL = _OTHERS | _RANKS | {"Gov.": "Governor", "Insp.": "Inspector", "Supt.": "Superintendent"}


def _class(written: str | None) -> str:
    return f" {ordinal(int(written.strip()[0])).capitalize()} Class" if written else ""


def _ranked(match: re.Match[str]) -> str:
    return f"{_BEFORE_RANK[match['first']]} {_ALL[match['second']]}{_class(match['class'])}"


def _policed(match: re.Match[str]) -> str:
    return " ".join(_POLICE[rank] for rank in match["ranks"].split())


RULES: tuple[Rule, ...] = (
    by_pattern("rank", _POLICED, _policed),
    by_pattern("rank", _RANKED, _ranked),
    by_pattern("rank", _RANK_ALONE, _ranked),
    by_pattern("title", _TITLE, lambda match: _ALL[match["title"]] + _class(match["class"])),
    by_pattern("title", _ALONE, lambda match: _ALL[f"{match['title']}."]),
)
