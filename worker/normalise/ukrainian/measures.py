"""Measures before their noun in Ukrainian: "155-мм снаряд" is an adjective, in the form that the noun is in.

Only before nouns that are listed and in forms that tell number and case; ukrainian-tn counts: "два метри паркан".
"""

from __future__ import annotations

import re

from worker.normalise.edits import alternation
from worker.normalise.ukrainian.library import genitive

_UNITS = {
    "мм": "міліметров", "см": "сантиметров", "м": "метров", "км": "кілометров", "кг": "кілограмов", "т": "тонн",
}  # fmt: skip
_MASCULINE = (
    "снаряд|боєприпас|калібр|міномет|гранатомет|паркан|мур|бар['’]єр|басейн|кран|марафон|забіг|маршрут|коридор|прапор|стовп|хрест|"
    "вантаж|відрізок|отвір"
)
_FEMININE = "гармат|гаубиц|висот|глибин|зон|смуг|ділянк|дистанці|труб|стін|бомб|щогл|споруд"

#: Ending of the noun -> ending of the adjective. "Снаряду" and "гармати" may be two cases each, and are not here.
_OF_MANY = {"ам": "им", "ями": "ими", "ами": "ими", "ах": "их", "ям": "им", "ях": "их"}
_OF_MASCULINE = {
    "": "ий", "а": "ого", "ом": "им", "ем": "им", "і": "ому", "и": "і", "ів": "их", **_OF_MANY
}  # fmt: skip
_OF_FEMININE = {
    "а": "а", "я": "а", "у": "у", "ю": "у", "ою": "ою", "ею": "ою", "єю": "ою", "і": "ій", "": "их", **_OF_MANY
}  # fmt: skip

#: "На 3-м маршруті" may be on the third as well.
_NO_ORDINAL = r"(?!(?<=-м)\s(?:басейн|кран|маршрут|коридор|забіг|марафон|вантаж|відрізок)(?:ом|ем|і)\b)"

MEASURE = re.compile(
    rf"(?<![\w,.-])(?P<number>[1-9]\d{{0,2}})-(?P<unit>{alternation(_UNITS)}){_NO_ORDINAL}(?=\s(?:"
    rf"(?:{_MASCULINE})(?P<masculine>{alternation(_OF_MASCULINE)})|"
    rf"(?:{_FEMININE})(?P<feminine>{alternation(_OF_FEMININE)}))(?![\w’'-]))"
)
#: Words of the genitive that are otherwise where an adjective is made of them.
_JOINED = {
    "одного": "одно", "двох": "дво", "трьох": "три", "чотирьох": "чотири", "ста": "сто", "дев'яноста": "дев'яносто"
}  # fmt: skip


def measure(match: re.Match[str]) -> str:
    """Return a number and its unit as one adjective."""
    number = "".join(_JOINED.get(word, word) for word in genitive(int(match["number"])).split())
    feminine = match["feminine"]
    ending = _OF_MASCULINE[match["masculine"]] if feminine is None else _OF_FEMININE[feminine]
    return f"{number}{_UNITS[match['unit']]}{ending}"
