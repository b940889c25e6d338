"""Words in Cyrillic or Greek -> how they are written in Latin letters, for voices that know no others. Pure.

Ukrainian by its official table (Cabinet of Ministers, No. 55 of 2010), Greek after ISO 843 without its accents; other
Cyrillic as English newspapers write Russian. Names nothing in other scripts: Chinese names depend on the language that
they are read in, and Arabic and Hebrew leave their vowels out.
"""

from __future__ import annotations

import re
import unicodedata

_SHARED = {
    "а": "a", "б": "b", "в": "v", "д": "d", "е": "e", "ж": "zh", "з": "z", "к": "k", "л": "l", "м": "m", "н": "n",
    "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh",
    "щ": "shch", "ь": "",
}  # fmt: skip
_UKRAINIAN = _SHARED | {
    "зг": "zgh", "г": "h", "ґ": "g", "є": "ie", "и": "y", "і": "i", "ї": "i", "й": "i", "ю": "iu", "я": "ia",
}  # fmt: skip
_UKRAINIAN_FIRST = {"є": "ye", "ї": "yi", "й": "y", "ю": "yu", "я": "ya"}
_OTHER_CYRILLIC = _SHARED | {
    "г": "g", "ґ": "g", "ё": "yo", "и": "i", "й": "y", "ъ": "", "ы": "y", "э": "e", "ю": "yu", "я": "ya", "і": "i",
    "ї": "yi", "є": "ye", "ў": "w", "ђ": "dj", "ј": "j", "љ": "lj", "њ": "nj", "ћ": "ch", "џ": "dj", "ѓ": "gj",
    "ќ": "kj", "ѕ": "dz", "ә": "a", "ғ": "g", "қ": "q", "ң": "ng", "ө": "o", "ұ": "u", "ү": "u", "һ": "h",
}  # fmt: skip

_ANY_CYRILLIC = _OTHER_CYRILLIC | _UKRAINIAN

#: Letters that no Ukrainian word has: with one of them about, a text's Cyrillic is another language's.
_NOT_UKRAINIAN = re.compile(rf"[{''.join(sorted(set(_OTHER_CYRILLIC) - set(_UKRAINIAN)))}]", re.IGNORECASE)

_GREEK = {
    "ου": "ou", "γγ": "ng", "γκ": "gk", "γξ": "nx", "γχ": "nch", "αυ": "av", "ευ": "ev", "α": "a", "β": "v", "γ": "g",
    "δ": "d", "ε": "e", "ζ": "z", "η": "i", "θ": "th", "ι": "i", "κ": "k", "λ": "l", "μ": "m", "ν": "n", "ξ": "x",
    "ο": "o", "π": "p", "ρ": "r", "σ": "s", "ς": "s", "τ": "t", "υ": "y", "φ": "f", "χ": "ch", "ψ": "ps", "ω": "o",
}  # fmt: skip
_GREEK_FIRST = {"μπ": "b"}

#: A Greek letter that stands alone or among Latin ones is called by its name: "α", "IL-1β".
GREEK_NAMES = dict(
    zip(
        "αβγδεζηθικλμνξοπρστυφχψω",
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi "
        "chi psi omega".split(),
        strict=True,
    )
)

#: Letters that stand in Latin words by mistake, because they look the same.
_ALIKE = str.maketrans("АВЕІЈКМНОРСТУХаеіјорсухѕΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABEIJKMHOPCTYXaeijopcyxsABEZHIKMNOPTYXo")

_APOSTROPHES = re.compile(r"['’ʼ]")


def latin_word(word: str, text: str) -> str | None:
    """Return a word that holds letters of other scripts in Latin letters; `text` is what it stands in. None where it
    cannot be told.
    """
    word = unicodedata.normalize("NFC", word)
    if _has(word, "LATIN"):
        return _mixed(word)
    if len(word) == 1 and word.lower() in GREEK_NAMES:
        return _as_written(word, GREEK_NAMES[word.lower()])
    if all(_is(letter, "CYRILLIC") for letter in _letters(word)):
        if _NOT_UKRAINIAN.search(text):
            return _spelled(word, _OTHER_CYRILLIC, {})
        return _spelled(word, _UKRAINIAN, _UKRAINIAN_FIRST)
    return _spelled(_unaccented(word), _GREEK, _GREEK_FIRST)


def _mixed(word: str) -> str | None:
    """Return a word of Latin and other letters: with those that look alike put right, and Greek ones by their names."""
    said = ""
    for letter in word.translate(_ALIKE):
        if letter.lower() in GREEK_NAMES:
            said = f"{said} {GREEK_NAMES[letter.lower()]} "
        elif letter.isalpha() and not _is(letter, "LATIN"):
            if letter.lower() not in _ANY_CYRILLIC:
                return None
            said += _as_written(letter, _ANY_CYRILLIC[letter.lower()])
        else:
            said += letter
    return said.strip()


def _spelled(word: str, table: dict[str, str], first: dict[str, str]) -> str | None:
    """Return a word by a table, in which pairs of letters come before single ones; None for a letter that it lacks."""
    word = _APOSTROPHES.sub("", word)
    said, at = "", 0
    while at < len(word):
        known = table | first if at == 0 else table
        pair = word[at : at + 2]
        letters = pair if pair.lower() in known else pair[0]
        if letters.lower() not in known:
            return None
        found = known[letters.lower()]
        said += found.upper() if word.isupper() and len(word) > 1 else _as_written(letters, found)
        at += len(letters)
    return said


def _as_written(letters: str, said: str) -> str:
    return said[:1].upper() + said[1:] if letters[0].isupper() else said


def _unaccented(word: str) -> str:
    return "".join(mark for mark in unicodedata.normalize("NFD", word) if unicodedata.category(mark) != "Mn")


def _letters(word: str) -> list[str]:
    return [mark for mark in word if mark.isalpha() and unicodedata.category(mark) != "Lm"]


def _has(word: str, script: str) -> bool:
    return any(_is(mark, script) for mark in word)


def _is(letter: str, script: str) -> bool:
    """Tell whether a letter is of a script, by its Unicode name."""
    return unicodedata.name(unicodedata.normalize("NFKC", letter)[0], "").startswith(script)
