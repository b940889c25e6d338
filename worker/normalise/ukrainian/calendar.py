"""Days, hours, centuries and quarters in Ukrainian, where ukrainian-tn takes another case (measured on 0.6.0).

Dates with one day and hours with minutes are the library's; only what a neighbour decides is here.
"""

from __future__ import annotations

import re

from worker.normalise.ukrainian.library import genitive, ordinal

#: As they stand after a day.
MONTHS = "січня|лютого|березня|квітня|травня|червня|липня|серпня|вересня|жовтня|листопада|грудня"

#: Days before the last, of which alone the library sees the month: "1, 2 та 3 травня", "від 1 до 5 грудня".
DAYS = re.compile(
    r"(?<![\w,.:/№-])(?P<days>(?:0?[1-9]|[12]\d|3[01])(?:,\s(?:0?[1-9]|[12]\d|3[01])){0,6})"
    rf"(?=\s(?:та|і|й|або|чи|до|по)\s(?:0?[1-9]|[12]\d|3[01])\s(?:{MONTHS})\b)"
)
CLOCK = re.compile(
    r"\b(?P<word>[Зз]|[Іі]з|[Вв]ід|[Дд]о|[Пп]ісля|[Бб]лизько)\s(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?![:\d])"
)
#: "О 7 ранку", "до 8 вечора": the hour, not so many of them.
HOUR_AT = re.compile(r"\b(?P<word>[Оо]б?)\s(?P<hour>1\d|2[0-4]|0?[1-9])(?=\s(?:ранку|вечора|ночі|дня|годині)\b)")
HOUR_BOUND = re.compile(
    r"\b(?P<word>[Зз]|[Іі]з|[Вв]ід|[Дд]о|[Пп]ісля|[Бб]лизько)\s(?P<hour>1[0-2]|0?[1-9])(?=\s(?:ранку|вечора)\b)"
)

#: Numerals are written with Cyrillic letters as often as with Latin ones.
_FOLDED = str.maketrans("ХІ", "XI")
ROMAN_FOLDED = re.compile(
    r"(?<!\w)[XVIХІ]{1,7}[-–][XVIХІ]{1,7}(?=\s(?:столітт|квартал))|(?<![\w–-])(?:[XVIХІ]{2,7}|[XVХ])(?=\s(?:столітт|квартал))"
)
CENTURY = re.compile(r"\b(?P<word>[УуВв])\s(?P<roman>[XVIХІ]{1,7})\s(?:ст\.|столітті\b)")
QUARTER = re.compile(r"\b(?P<word>[УуВв])\s(?P<roman>[XVIХІ]{1,3})(?=\sкварталі\b)")
#: A century in the genitive looks like one in the nominative; these words ask for it.
CENTURY_OF = re.compile(
    r"\b(?P<word>(?i:початк\w{1,4}|початок|кінець|кінц\w{1,4}|середин\w{1,4}|половин\w{1,4}|чверт\w{1,4}|протягом|упродовж|"
    r"впродовж|з|із|до|від|після|часів))\s(?P<roman>[XVIХІ]{1,7})(?=\sстоліття\b)"
)
_WARS = {"а": "nom_f", "ої": "gen_f", "ій": "loc_f", "у": "acc_f", "ою": "ins_f"}
WORLD_WAR = re.compile(r"(?<![\w–-])(?:II|ІІ)(?=\s[Сс]вітов(?P<ending>а|ої|ій|у|ою)\b)")


def days(match: re.Match[str]) -> str:
    """Return each day as the first of a month is said: "першого"."""
    return re.sub(r"\d+", lambda day: ordinal(int(day.group()), "gen"), match["days"])


def clock(match: re.Match[str]) -> str:
    """Return a bound with minutes: "з двадцять третьої години"."""
    said = f"{match['word']} {ordinal(int(match['hour']), 'gen_f')} години"
    return said if match["minute"] == "00" else f"{said} {genitive(int(match['minute']))} хвилин"


def hour_at(match: re.Match[str]) -> str:
    """Return "О 7" as "О сьомій"."""
    return f"{match['word']} {ordinal(int(match['hour']), 'loc_f')}"


def hour_bound(match: re.Match[str]) -> str:
    """Return "до 8" as "до восьмої"."""
    return f"{match['word']} {ordinal(int(match['hour']), 'gen_f')}"


def world_war(match: re.Match[str]) -> str:
    """Return "ІІ" of "ІІ світової" as "Другої"."""
    return ordinal(2, _WARS[match["ending"]]).capitalize()


def folded(match: re.Match[str]) -> str:
    """Return a numeral in the Latin letters that the library knows."""
    return match.group().translate(_FOLDED)


def century(match: re.Match[str]) -> str:
    """Return "у XX ст." as "у двадцятому столітті"."""
    return f"{match['word']} {ordinal(_roman(match['roman']), 'loc')} столітті"


def quarter(match: re.Match[str]) -> str:
    """Return "у ІІІ" as "у третьому"."""
    return f"{match['word']} {ordinal(_roman(match['roman']), 'loc')}"


def century_of(match: re.Match[str]) -> str:
    """Return "кінець ХІХ" as "кінець дев'ятнадцятого"."""
    return f"{match['word']} {ordinal(_roman(match['roman']), 'gen')}"


def _roman(text: str) -> int:
    values = [{"I": 1, "V": 5, "X": 10}[letter] for letter in text.translate(_FOLDED)]
    return sum(
        -value if value < following else value for value, following in zip(values, [*values[1:], 0], strict=True)
    )
