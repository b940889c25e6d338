"""Numbers of which a neighbour decides the form: endings after a hyphen, one and two by their noun, decimals, "понад".

What ukrainian-tn inflects by itself is left to it (measured on 0.6.0).
"""

from __future__ import annotations

import re
from functools import lru_cache

from worker.normalise.edits import alternation
from worker.normalise.ukrainian.calendar import MONTHS
from worker.normalise.ukrainian.library import cardinal, genitive, instrumental, ordinal, read

#: Written ending of an ordinal -> the library's form.
_ENDINGS = {
    "й": "nom_m", "ий": "nom_m", "ій": "loc_f", "а": "nom_f", "я": "nom_f", "та": "nom_f", "ша": "nom_f",
    "га": "nom_f", "ма": "nom_f", "тя": "nom_f", "е": "nom_n", "те": "nom_n", "ше": "nom_n", "ге": "nom_n",
    "ме": "nom_n", "є": "nom_n", "ї": "gen_f", "ої": "gen_f", "го": "gen", "ого": "gen", "му": "dat", "ому": "dat",
    "у": "acc_f", "ту": "acc_f", "шу": "acc_f", "гу": "acc_f", "ю": "ins_f", "ою": "ins_f", "м": "ins", "им": "ins",
    "ті": "nom_pl", "ні": "nom_pl", "ші": "nom_pl", "гі": "nom_pl", "мі": "nom_pl", "і": "nom_pl", "х": "pl",
    "их": "pl", "ми": "ins_pl", "ими": "ins_pl",
}  # fmt: skip
ORDINAL = re.compile(
    rf"(?:(?P<at>\b[Оо]б?)\s)?(?<![\w,.-])(?P<number>\d{{1,4}})-(?P<ending>{alternation(_ENDINGS)})(?![\w-])"
)
#: Endings of so many of something: "2-х людей", "5-ти областях", "7-ми осіб", "3-ма ракетами".
CARDINAL = re.compile(
    r"(?<![\w,.-])(?P<number>\d{1,3})-(?P<ending>ти|х|ох|ьох|ми|ма)(?![\w-])"
    r"(?!(?:,\s\d{1,2}-х){0,5}(?:\s(?:та|і|й)\s\d{1,2}-х)?\s(?:клас|курс|груп|поверх|розряд|місц|лав))"
)
_TEENS = range(10, 20)

#: "2-м" may be of so many meters as well: it is an ordinal, or so many, where what follows says so. "У 2-м кварталі":
ORDINAL_IN = re.compile(
    r"(?P<at>\b(?:[УуВв]|[Нн]а|[Пп]о)\s)(?P<number>\d{1,3})-м(?=\s(?:кварталі|поверсі|класі|курсі|районі|турі|сеті|раунді|"
    r"столітті|окрузі|розділі|пункті|абзаці|етапі|сезоні|матчі|періоді|таймі|кілометрі|під['’]їзді|батальйоні|полку|році|"
    r"ряд[уі]|вагоні|каналі|томі|місці|місяці|півріччі)\b)"
)
#: "Під 1-м номером", "учням 1-м класам".
ORDINAL_AS = re.compile(
    r"(?<![\w,.-])(?P<number>\d{1,3})-м(?=\s(?:номером|секретарем|пілотом|заступником|призером|тренером|капітаном|"
    r"чемпіоном|місцем|клас(?:ом|ам)|курсам|групам|кварталом|туром|раундом|етапом|півріччям)\b)"
)
#: "2-м учасникам", "3-м пораненим"; not "1-м класам", and not a "2-м храм".
DATIVE = re.compile(
    r"(?<![\w,.-])(?P<number>[2-9]|\d{2,3})-м(?=\s(?:пораненим|постраждалим|потерпілим|хворим|загиблим|підозрюваним|"
    r"обвинуваченим|засудженим|затриманим|полоненим|військовим|цивільним|(?!(?:клас|курс|груп|поверх|розряд|місц|лав))"
    r"(?!(?:хр|шр|др|хл|сп|прогр|рекл|панор|(?:\w{2,6})?гр|т|н|в|с)ам\b)[а-яіїєґ’']+[ая]м)\b)"
)

#: Nouns of the feminine that news counts, by their beginnings: two of them are "дві".
_FEMININE = (
    "ракет|машин|бригад|особ|осіб|жінк|жінок|годин|хвилин|секунд|атак|доб|тисяч|груп|парті|держав|країн|област|лікарн|"
    "школ|квартир|сім|пожеж|станц|дівчин|дитин|позиц|колон|гармат|гривн|копій|тонн|ціл|спроб|вулиц|мін|бомб|систем|"
    "компан|мов|книг|операц|рот|фабрик|будівл|споруд|установ|шахт|електростанц|підстанц|мільйонн"
)
#: Words that end as a noun of the feminine or neuter may, and are none.
_NO_NOUN = (
    f"{MONTHS}|та|за|на|до|по|про|або|але|бо|де|же|ще|не|це|що|через|має|може|було|тому|цього|того|року|дня|тижня|місяця|"
    "метра|кілометра|літра|грама|кілограма|гектара|відсотка|долара|бала|разу|раза|мільйона|мільярда"
)
TWO = re.compile(rf"(?<![\w,.-])(?<!\d\s)(?P<number>\d*2)(?=\s(?:{_FEMININE}))")
ONE = re.compile(rf"(?<![\w,.-])(?<!\d\s)(?P<number>\d*1)(?=\s(?!(?:{_NO_NOUN})\b)[а-яіїєґ’']+(?P<ending>[аяуюое])\b)")
_ONES = {"а": "одна", "я": "одна", "у": "одну", "ю": "одну", "о": "одне", "е": "одне"}

#: With a point of its own the library takes every "грн." for many.
HRYVNIAS = re.compile(
    r"(?P<before>\b[\w’']+\s)?(?<![\w,.])(?P<number>\d{1,3}(?:\s\d{3}){1,3}|\d{1,9})\sгрн\.(?![»”\")\w])"
)
_GENITIVE_BEFORE = frozenset("від до з із зі після близько більше менше без для не".split())
_ACCUSATIVE_BEFORE = frozenset("за на через про у в по понад".split())

#: The library tears some in two: "3,5 години" into three, and five hours.
DECIMAL = re.compile(r"(?<![\w,.])(?P<number>\d{1,9},\d{1,3})(?=\s(?P<noun>[а-яіїєґ’']{2,30})(?![\w.]))")
_TORN = re.compile(r"[а-яіїєґ],[а-яіїєґ]")

#: After "понад" the library leaves units and scales as they are written. Letters that Ukrainian has not hide it.
OVER = re.compile(r"\b(?P<over>[Пп]онад)(?=\s[$€₴£]?\d)")
_HIDDEN = "ъъ"
_ONE_OVER = re.compile(
    rf"{_HIDDEN}(?P<tens>(?:\s[а-яіїєґ’']+){{0,3}}\sод)на\s(?P<noun>ціл|тисяч|гривн)(?P<ending>[ая])\b"
)


def ordinal_ending(match: re.Match[str]) -> str:
    """Return an ordinal in the form that its written ending has."""
    form = _ENDINGS[match["ending"]]
    if match["at"]:
        # "О 9-й ранку": the hour, in the locative.
        return f"{match['at']} {ordinal(int(match['number']), 'loc_f')}"
    return ordinal(int(match["number"]), form)


def cardinal_ending(match: re.Match[str]) -> str:
    """Return a cardinal in the form that its written ending has; what only an ordinal ends in is left."""
    number, ending = int(match["number"]), match["ending"]
    last = 0 if number % 100 in _TEENS else number % 10
    if ending == "ма":
        return instrumental(number) if last in range(2, 7) else match.group()
    counts = {"х": range(2, 5), "ох": range(2, 5), "ьох": range(2, 5), "ми": range(7, 9)}.get(ending)
    return genitive(number) if counts is None or last in counts else match.group()


def two(match: re.Match[str]) -> str:
    """Return two of feminine nouns: "дві"."""
    words = cardinal(int(match["number"]))
    return f"{words[:-3]}дві" if words.endswith("два") else words


def one(match: re.Match[str]) -> str:
    """Return one in the gender and case that its noun ends in."""
    words = cardinal(int(match["number"]))
    return f"{words[:-4]}{_ONES[match['ending']]}" if words.endswith("один") else words


def hryvnias(match: re.Match[str]) -> str:
    """Return one or some of them as such: "41 гривня", "2 гривні"."""
    number = int(re.sub(r"\s", "", match["number"]))
    last = 0 if number % 100 in _TEENS else number % 10
    before = (match["before"] or "").strip().lower()
    if last not in range(1, 5) or before in _GENITIVE_BEFORE:
        return match.group()
    noun = "гривні" if last > 1 else "гривню" if before in _ACCUSATIVE_BEFORE else "гривня"
    return f"{match['before'] or ''}{number} {noun}"


def decimal(match: re.Match[str]) -> str:
    """Return a decimal in words where the library would tear it in two before its noun."""
    return _in_words(match["number"]) if _is_torn(match["noun"]) else match.group()


@lru_cache(maxsize=1_000)
def _is_torn(noun: str) -> bool:
    # The library takes 20 ms for a decimal.
    return bool(_TORN.search(read(f"2,5 {noun}")))


@lru_cache(maxsize=1_000)
def _in_words(number: str) -> str:
    return read(number)


def hide_over(text: str) -> str:
    """Return `text` with "понад" before numbers as a word that the library does not know."""
    return OVER.sub(lambda match: match["over"] + _HIDDEN, text)


def show_over(text: str) -> str:
    """Return `text` with "понад" as it was, and one of something in its accusative."""
    text = _ONE_OVER.sub(
        lambda match: f"{match['tens']}ну {match['noun']}{'у' if match['ending'] == 'а' else 'ю'}", text
    )
    return text.replace(_HIDDEN, "")
