"""Numbers in English words. Pure; knows nothing of context."""

from __future__ import annotations

import re

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_TENS = ("zero ten twenty thirty forty fifty sixty seventy eighty ninety").split()
_SCALES = tuple(
    (10 ** (3 * power), name)
    for power, name in ((6, "quintillion"), (5, "quadrillion"), (4, "trillion"), (3, "billion"), (2, "million"),
                        (1, "thousand"))
)  # fmt: skip
_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip
_SIGNS = {".": "dot", "-": "dash", "_": "underscore", "/": "slash", "&": "ampersand", "+": "plus", "~": "tilde"}

#: Beyond this, digits are read one by one.
LARGEST = 10**21

#: More digits are no number, and Python would refuse to make one of thousands.
_LONGEST = 21

#: So many digits in a row, without commas, are an account or a serial number.
LONGEST_PLAIN = 9

#: Spaces that group digits as commas do, and never part words.
_GROUP = r"[,\u00a0\u2009\u202f]"

#: A decimal comma, as Europeans write it; in English only before a scale, a currency or a percent sign.
_DECIMAL_COMMA = re.compile(r"\d{1,3},\d{1,2}")

#: A number as newsrooms write it: "4,700", "4.5", ".5", "12". Groups are bounded: a page of them costs no square.
NUMBER = (
    rf"(?:\d{{1,3}}(?:{_GROUP}\d{{3}}){{1,12}}(?:\.\d+)?|\d{{1,3}}(?:\x20\d{{3}}){{2,12}}(?!\d)|\d{{1,3}}\x20000(?!\d)"
    r"|\d+(?:\.\d+)?|\.\d+)"
)

#: The same with a decimal comma.
CONTINENTAL = rf"(?:\d{{1,3}},\d{{1,2}}(?![\d.,]\d|\d)|{NUMBER})"


def cardinal(number: int) -> str:
    """Return 4700 as "four thousand seven hundred", without "and"."""
    if number < 0:
        return f"minus {cardinal(-number)}"
    if number >= LARGEST:
        return digits(str(number))
    parts = []
    for size, name in _SCALES:
        if number >= size:
            parts.append(f"{_below_thousand(number // size)} {name}")
            number %= size
    if number or not parts:
        parts.append(_below_thousand(number))
    return " ".join(parts)


def _below_thousand(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    if not hundreds:
        return _below_hundred(rest)
    return f"{_ONES[hundreds]} hundred" + (f" {_below_hundred(rest)}" if rest else "")


def _below_hundred(number: int) -> str:
    if number < len(_ONES):
        return _ONES[number]
    tens, ones = divmod(number, 10)
    return _TENS[tens] + (f"-{_ONES[ones]}" if ones else "")


def ordinal(number: int) -> str:
    """Return 21 as "twenty-first"."""
    words = cardinal(number)
    cut = max(words.rfind(" "), words.rfind("-")) + 1
    last = words[cut:]
    if last in _ORDINALS:
        return words[:cut] + _ORDINALS[last]
    if last.endswith("y"):
        return words[:-1] + "ieth"
    return words + "th"


def suffix(number: int) -> str:
    """Return the letters an ordinal is written with: "st" for 21."""
    if number % 100 in {11, 12, 13}:
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def year(number: int) -> str:
    """Return 2022 as "twenty twenty-two", 1905 as "nineteen oh five", 2003 as "two thousand three"."""
    century, rest = divmod(number, 100)
    if number < 1000 or number % 1000 == 0 or (2000 <= number < 2010):  # noqa: PLR2004  how years are said
        return cardinal(number)
    if rest == 0:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {two_digits(rest)}"


def two_digits(number: int) -> str:
    """Return what follows a hundred or a century: 5 as "oh five", 42 as "forty-two"."""
    return f"oh {_ONES[number]}" if number < 10 else _below_hundred(number)  # noqa: PLR2004


def digits(text: str, zero: str = "zero") -> str:
    """Return each digit of `text` as a word."""
    return " ".join(zero if character == "0" else _ONES[int(character)] for character in text if character.isdecimal())


def decimal(text: str) -> str:
    """Return "4,700", "3.5" or ".5" in words; the part after the point is read digit by digit.

    A number that begins with zeros, or is too long without commas, is a code and read digit by digit.
    """
    plain = text.replace(",", ".") if _DECIMAL_COMMA.fullmatch(text) else re.sub(rf"{_GROUP}|\x20", "", text)
    whole, _, fraction = plain.partition(".")
    if whole == text and ((len(whole) > 1 and whole[0] == "0") or len(whole) > LONGEST_PLAIN):
        return digits(whole)
    if len(whole) > _LONGEST:
        return digits(whole) + (f" point {digits(fraction)}" if fraction else "")
    if not whole:
        return f"point {digits(fraction)}"
    spoken = cardinal(int(whole))
    return f"{spoken} point {digits(fraction)}" if fraction else spoken


def grouped(text: str) -> str:
    """Return a number that is a name, as in flights and models: 136 "one thirty-six", 737 "seven thirty-seven"."""
    if text.startswith("0") or len(text) > 4:  # noqa: PLR2004
        return digits(text)
    number = int(text)
    if len(text) == 3 and number % 100:  # noqa: PLR2004
        return f"{_ONES[number // 100]} {two_digits(number % 100)}"
    if len(text) == 4 and number % 1000 and not 2000 <= number < 2010:  # noqa: PLR2004
        return year(number)
    return cardinal(number)


def plural(words: str) -> str:
    """Return the plural of number words: "sixteens", "nineties", "sixes"."""
    if words.endswith("y"):
        return words[:-1] + "ies"
    return words + ("es" if words.endswith(("x", "s")) else "s")


def letters(text: str) -> str:
    """Return capitals said one by one: "IAEA" as "I A E A"."""
    return " ".join(text.upper())


def spelled(text: str) -> str:
    """Return an address or a code in words: signs by name, digits one by one, letters as they stand."""
    parts = re.findall(r"\d|[^\W\d_]+|[^\w\s]|_", text)
    return " ".join(
        _ONES[int(part)] if part.isdecimal() and part.isascii() else _SIGNS.get(part, part) for part in parts
    )
