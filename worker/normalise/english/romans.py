"""Roman numerals, only where the words before them call for one."""

from __future__ import annotations

import re

from worker.normalise.edits import Rule, alternation, by_pattern
from worker.normalise.english.context import after, before, ends_sentence
from worker.normalise.english.words import cardinal, ordinal

_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_SIZES = ((100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))
_ROMAN = r"(?P<roman>[IVXLC]+)(?!\w|-[A-Z\d])(?!\.\s?[A-Z]\.)"

#: Words after which a numeral counts: "Chapter Four".
_COUNTED_WORDS = (
    "World War|Super Bowl|Top Gun|Chapter|Part|Article|Act|Title|Phase|Type|Class|Book|Volume|Vol\\.|Section|Stage|"
    "Apollo|Artemis|Schedule|Division|Group|Category|Level|Tier|Grade|Mark|Mk|Block|Model|Annex|Appendix|Vatican|Camp|"
    "Rocky|Factor|Lot|Figure|Table|Scene|Canto|Unit|Zone|Region|Track|Round|Game|Episode|Season|Minsk|Basel|Gladiator|"
    "Fantasy|Rome|START|SALT|Olympiad|Pillar|Corps|Army|Fleet|Wave|Step|Gemini|Soyuz|Saturn"
)
_COUNTED = re.compile(rf"\b(?P<word>(?i:{_COUNTED_WORDS}))\s{_ROMAN}")
_COUNTED_SPAN = re.compile(
    rf"\b(?P<word>(?i:{_COUNTED_WORDS})s?)\s(?P<first>[IVXLC]+)\s?(?P<join>[-–]|and|to)\s?{_ROMAN}"
)
_WARS = re.compile(r"\b(?:WW|W\.W\.)\s?(?P<roman>I{1,3}|[123])(?![\w])")
_TITLES = frozenset("King Queen Pope Emperor Tsar Czar Sultan Shah Patriarch Kaiser Catholicos Empress".split())
_TITLE = f"(?:{alternation(_TITLES | {'Prince', 'Saint'})})"
_REIGNED_NAMES = (
    "Charles|Elizabeth|Henry|George|Edward|William|James|Louis|Philip|Felipe|Juan Carlos|John Paul|Benedict|Pius|Leo|"
    "Nicholas|Alexander|Catherine|Peter|Ivan|Frederick|Wilhelm|Napoleon|Richard|Mohammed|Abdullah|Ramesses|Tutankhamun|"
    "Margrethe|Harald|Albert|Hassan|Rama|Cleopatra|Ptolemy"
)
_REIGNED = re.compile(rf"\b(?P<word>{_TITLE}\s[A-Z]\w+(?:\s[A-Z]\w+)?|{_REIGNED_NAMES})\s{_ROMAN}")
#: A numeral of several letters after any other name: "John Smith III".
_NAMED = re.compile(
    r"\b(?P<word>[A-Z][a-z]+),?\s(?P<roman>I{2,3}|IV|VI{1,3}|IX|XI{1,3}|XIV|XVI{0,3}|XV)(?![\w-])(?!\.\s?[A-Z]\.)"
)

#: The same words in any case, right before where a numeral may stand.
_CALLING = re.compile(rf"\b(?:{_COUNTED_WORDS}|{_TITLE}|{_TITLE}\s\w+|{_REIGNED_NAMES})\s$", re.IGNORECASE)
_LONGEST_CALL = 40


def is_called_for(text: str, start: int) -> bool:
    """Tell whether the words before `start` call for a numeral there, in an all-capitals line too."""
    return _CALLING.search(text[max(0, start - _LONGEST_CALL) : start]) is not None


#: Words after which even a single X counts; "Model X" and "Group X" are letters.
_FIRM = frozenset(
    "world war,super bowl,chapter,act,title,article,book,volume,vol.,scene,canto,apollo,artemis,olympiad,saturn".split(
        ","
    )
)

#: What makes a lone I after a name a numeral: a throne before it, or no verb that "I" would have after it.
_THRONE = re.compile(rf"(?:{_TITLE}\s|\b(?:of|under|by|from|to|and|[Tt]sar|son|daughter)\s)$")
_PRONOUN = re.compile(
    r"\s(?:am|was|have|had|will|would|could|can|do|did|think|thought|know|knew|met|saw|love|loved|said|told|need|want|"
    r"wanted|should|must|may|might|never|always|just|also|still|felt|went|got|made|found|believe|hope|mean)\b"
)


def value(roman: str) -> int | None:
    """Return the value of a well-formed roman numeral below 400, else None."""
    total = 0
    for index, character in enumerate(roman):
        number = _VALUES[character]
        following = _VALUES[roman[index + 1]] if index + 1 < len(roman) else 0
        total += -number if number < following else number
    return total if _written(total) == roman else None


def _written(number: int) -> str:
    text = ""
    for size, letters in _SIZES:
        while number >= size:
            text += letters
            number -= size
    return text


def _counted(match: re.Match[str]) -> str | None:
    roman = match["roman"]
    if roman in {"C", "L"} or (roman == "X" and match["word"].lower() not in _FIRM):
        return None
    number = value(roman)
    return None if number is None else f"{match['word']} {cardinal(number).capitalize()}"


def _world_war(match: re.Match[str]) -> str:
    written = match["roman"]
    return f"World War {cardinal(int(written) if written.isdecimal() else len(written)).capitalize()}"


def _counted_span(match: re.Match[str]) -> str | None:
    first, second = value(match["first"]), value(match["roman"])
    if first is None or second is None:
        return None
    join = match["join"] if match["join"] in {"and", "to"} else "to"
    return f"{match['word']} {cardinal(first).capitalize()} {join} {cardinal(second).capitalize()}"


def _reigned(match: re.Match[str]) -> str | None:
    """Tell a sovereign from a pronoun ("told Charles I was") and from an initial ("Edward I. Koch")."""
    roman = match["roman"]
    if len(roman) > 1:
        return _the_nth(match)
    following = after(match)
    initial = following.startswith(". ") and not ends_sentence(match.string, match.end() + 1)
    if roman in {"C", "L"} or initial:
        return None
    throned = match["word"].split()[0] in _TITLES or _THRONE.search(before(match))
    if roman == "I" and (_PRONOUN.match(following) or not (throned or re.match(r"['’]s|[,.;:)]|$", following))):
        return None
    return _the_nth(match)


def _the_nth(match: re.Match[str]) -> str | None:
    number = value(match["roman"])
    return None if number is None else f"{match['word']} the {ordinal(number).capitalize()}"


RULES: tuple[Rule, ...] = (
    by_pattern("roman", _COUNTED_SPAN, _counted_span),
    by_pattern("roman", _COUNTED, _counted),
    by_pattern("world-war", _WARS, _world_war),
    by_pattern("regnal", _REIGNED, _reigned),
    by_pattern("regnal", _NAMED, _the_nth),
)
