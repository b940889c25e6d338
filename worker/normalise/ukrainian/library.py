"""ukrainian-tn with our options; loaded when the first Ukrainian text asks for it, which takes 50 ms."""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def _loaded() -> tuple[Any, Any]:
    import ukrainian_tn  # noqa: PLC0415  other languages are spared it

    options = ukrainian_tn.NormalizeOptions()
    options.expand_known_acronyms = False
    options.spell_unknown_acronyms = False
    options.transliterate_latin = False
    options.normalize_english_words = False
    options.repair_homoglyphs = False
    options.range_style = "from_to"
    return ukrainian_tn, options


def read(text: str) -> str:
    """Return `text` with its numbers in words, inflected."""
    library, options = _loaded()
    return str(library.normalize_with(text, options))


def cardinal(number: int) -> str:
    """Return a number in words, in the nominative."""
    return str(_loaded()[0].number_to_words(number))


def genitive(number: int) -> str:
    """Return a number in words, in the genitive."""
    return str(_loaded()[0].number_to_words_case(number, "genitive"))


def dative(number: int) -> str:
    """Return a number in words, in the dative."""
    return str(_loaded()[0].number_to_words_case(number, "dative"))


def instrumental(number: int) -> str:
    """Return a number in words, in the instrumental."""
    return str(_loaded()[0].number_to_words_case(number, "instrumental"))


def ordinal(number: int, form: str) -> str:
    """Return an ordinal in one of the library's forms: "nom_m", "gen_f", "loc_f" and so on."""
    return str(_loaded()[0].number_to_ordinal_words(number, form))


def digits(text: str) -> str:
    """Return each digit as a word."""
    return str(_loaded()[0].number_to_words_digit_by_digit(text))
