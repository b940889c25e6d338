"""Text -> sentences: sentencex, and a pass over its result that joins what a newsreader would not part. Pure.

Knows nothing of chunks and engines. Nothing is lost: joined by single spaces the sentences are the text again.
"""

from __future__ import annotations

import re

import sentencex

_CLOSERS = r"[\"”’)\]]*\s*$"

#: Language -> words cut short before a name or a number: sentencex may split after them, but the sentence goes on.
_CUT_SHORT = {
    language: re.compile(
        rf"(?:^|[\s(\"“„«-])(?:{words.replace(' ', '|')})\.{_CLOSERS}", re.IGNORECASE if language == "uk" else 0
    )
    for language, words in {
        "en": (
            "Brig Gen Lt Lieut Col Maj Capt Sgt Cpl Adm Cmdr Pvt Rear Sen Sens Rep Reps Gov Pres Rev Hon Prof Mr Mrs "
            "Ms Messrs Dr Drs Mt Ft Supt Insp Det Amb Atty Asst Dist vs v approx Approx sq cf e\\.g i\\.e viz al"
        ),
        "de": (
            "Dr Prof Hr Fr Frl Gen Nr Str St z\\.\\sB z\\.B d\\.\\sh d\\.h u\\.\\sa u\\.a bzw ca evtl ggf Mio Mrd Abs "
            "Art Kap Bd Bf Ing Dipl Dipl-Ing Mag Min Std vgl geb gest sog"
        ),
        "fr": "M MM Mme Mmes Mlle Dr Pr Me Mgr St Ste art av apr chap env fig no p pp vol éd cf ex gén col lt cap",
        "es": "Sr Sra Sres Srta Dr Dra D Dña Prof Gral Lic Ing Arq Av Avda núm núms pág págs art p ej aprox Ud Uds",
        "uk": (
            "ген полк підполк кап лейт майор проф акад доц док д-р вул просп бульв пл пров буд кв обл р-н м с смт ст "
            "гр п пп ім напр див рис табл св тов тел"
        ),
    }.items()
}

#: Words cut short that only a number follows.
_NUMBERED = re.compile(
    rf"\b(?:approx|Nos?|nos|pp?|Vols?|vols?|Secs?|Arts?|Figs?|Ch|est|c|ca|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|Nr|"
    rf"núm|art|ст|п|№|вул|буд)\.{_CLOSERS}"
)
#: A saint, not the street that a name before it makes it.
_SAINT = re.compile(rf"(?:^|[^\w’']|(?:^|\s)[a-z]\w*\s)St\.{_CLOSERS}")

#: Initials that open a sentence, or stand hyphened in one: "R-S. C. Smith".
_INITIAL = re.compile(r"(?:^|-)[A-ZА-ЯІЇЄҐ]\.\s*$|^[A-ZА-ЯІЇЄҐ]\.\s*$")

#: A first initial behind a word or a title, and what goes on as a name after it: "президент В. О. Зеленський".
_UKRAINIAN_INITIAL = re.compile(r"(?P<title>\w\.\s)?\b[А-ЯІЇЄҐ]\.\s*$")
_UKRAINIAN_NAME = re.compile(r"[А-ЯІЇЄҐ]\.\s?[А-ЯІЇЄҐ]")

#: A German ordinal: "der 2. Weltkrieg".
_GERMAN_ORDINAL = re.compile(
    r"\b(?:der|die|das|den|dem|des|am|vom|zum|zur|im|bis|ein\w*|seit|und)\s\d{1,3}\.\s*$", re.IGNORECASE
)
_GERMAN_DAY = re.compile(r"\d{1,2}\.\s*$")
_GERMAN_MONTH = re.compile(
    r"(?:Januar|Jänner|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember)\b"
)

#: What is said goes on behind its quotation: „«Чому?» — спитала вона.“
_SAID = re.compile(r"[—–]\s")
_QUOTED = re.compile(r"[»”\"“!?…]\s*$")

#: Words cut short that end a sentence before a capital, although sentencex takes them for abbreviations only.
_ENDS = re.compile(r"(?<=\s)(?:etc|usw|ін|тис|млн|млрд|грн|км)\.\s+(?=[A-ZÀ-ÖА-ЯІЇЄҐ])")
_HALF_DAY = re.compile(rf"\b[ap]\.m\.{_CLOSERS}", re.IGNORECASE)
_TIME_GOES_ON = re.compile(
    r"(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|Jan|Feb|Mar|Apr|May\b|Jun|Jul|Aug|Sep|Oct|Nov|Dec|"
    r"[ECMP][SD]?T\b|GMT|UTC|Eastern|Central|Mountain|Pacific|Kyiv|local|"
    r"(?:[A-Z][\w’']{1,20}\s){1,3}[Tt]ime\b)"
)
_SMALL = re.compile(r"^[\"“‘'(«„]*[a-zà-öø-ÿа-яіїєґ]")
_NUMBER = re.compile(r"^[\"“(]*[$€£]?\d")

#: Two numbered or lettered entries on one line, as a list that lost its lines has them.
_ENTRY = re.compile(r"(?:^|(?<=\s))(?P<bullet>[•⁃◦‣]\s?)?(?P<label>\d{1,2}|[a-z])(?P<mark>\.\)|[.)])(?=\s)")

#: A full stop and an ellipsis in the chicago manner: the ellipsis opens the next sentence.
_STOP_ELLIPSIS = re.compile(r"(?<=\w\.)(\s\.\s\.\s\.)\s*$")


def sentences(text: str, language: str) -> list[str]:
    """Split a paragraph into sentences without losing a character but the spaces between them."""
    primary = language.split("-", maxsplit=1)[0].lower()
    return [
        part.strip()
        for entry in _entries(text)
        for sentence in _merged(entry, primary)
        for part in _ended(sentence)
        if part.strip()
    ]


def _entries(text: str) -> list[str]:
    """Return the entries of a list written on one line: "1. … 2. …"; other text whole."""
    found = list(_ENTRY.finditer(text))
    if len(found) < 2 or text[: found[0].start()].strip():  # noqa: PLR2004
        return [text]
    starts, last = [0], found[0]
    for match in found[1:]:
        if match["mark"] == last["mark"] and _follows(last["label"], match["label"]):
            starts.append(match.start())
            last = match
    return [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]


def _follows(label: str, following: str) -> bool:
    if label.isdecimal() and following.isdecimal():
        return int(following) == int(label) + 1
    return not label.isdecimal() and not following.isdecimal() and ord(following) == ord(label) + 1


def _merged(text: str, language: str) -> list[str]:
    label = _ENTRY.match(text)
    body = text[label.end() :] if label else text
    merged = [text[: label.end()]] if label else []
    for sentence in sentencex.segment(language, body):
        if merged and _goes_on(merged[-1], sentence, language):
            merged[-1] += sentence
        elif merged and (ellipsis := _STOP_ELLIPSIS.search(merged[-1])):
            merged[-1] = merged[-1][: ellipsis.start()]
            merged.append(f"{ellipsis.group().strip()} {sentence}")
        else:
            merged.append(sentence)
    return merged


def _ended(sentence: str) -> list[str]:
    ends = [match.end() for match in _ENDS.finditer(sentence)]
    return [sentence[start:end] for start, end in zip([0, *ends], [*ends, len(sentence)], strict=True)]


def _goes_on(before: str, sentence: str, language: str) -> bool:
    """Tell whether sentencex split where the sentence goes on."""
    if not before[-1:].isspace() or _ENTRY.fullmatch(before.strip() + " ", 0, len(before.strip())):
        return True
    if _HALF_DAY.search(before):
        return bool(_TIME_GOES_ON.match(sentence) or _SMALL.match(sentence))
    cut_short = _CUT_SHORT.get(language)
    return bool(
        (cut_short and cut_short.search(before))
        or _SMALL.match(sentence)
        or _INITIAL.search(before)
        or (_SAID.match(sentence) and _QUOTED.search(before))
        or (_NUMBERED.search(before) and _NUMBER.match(sentence))
        or (language == "en" and _SAINT.search(before))
        or (language == "uk" and _is_ukrainian_name(before, sentence))
        or (language == "de" and _is_german_day(before, sentence))
    )


def _is_ukrainian_name(before: str, sentence: str) -> bool:
    """Tell whether a point marks an initial: "В. О. Зеленський", "вул. І. Франка"."""
    initial = _UKRAINIAN_INITIAL.search(before)
    return initial is not None and bool(initial["title"] or _UKRAINIAN_NAME.match(sentence))


def _is_german_day(before: str, sentence: str) -> bool:
    """Tell whether a point marks an ordinal: "der 2. Weltkrieg", "Montag, 3. Juni"."""
    return bool(_GERMAN_ORDINAL.search(before) or (_GERMAN_DAY.search(before) and _GERMAN_MONTH.match(sentence)))
