"""Numbers in English words. Pure; knows nothing of context."""

from __future__ import annotations

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_TENS = ("zero ten twenty thirty forty fifty sixty seventy eighty ninety").split()
_SCALES = ((10**15, "quadrillion"), (10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (10**3, "thousand"))
_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip

#: Beyond this, digits are read one by one.
LARGEST = 10**18


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


def year(number: int) -> str:
    """Return 2022 as "twenty twenty-two", 1905 as "nineteen oh five", 2003 as "two thousand three"."""
    century, rest = divmod(number, 100)
    if number < 1000 or number % 1000 == 0 or (2000 <= number < 2010):  # noqa: PLR2004  how years are said
        return cardinal(number)
    if rest == 0:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {'oh ' + _ONES[rest] if rest < 10 else cardinal(rest)}"  # noqa: PLR2004


def digits(text: str, zero: str = "zero") -> str:
    """Return each digit of `text` as a word."""
    return " ".join(zero if character == "0" else _ONES[int(character)] for character in text if character.isdecimal())


def decimal(text: str) -> str:
    """Return "4,700", "3.5" or ".5" in words; the part after the point is read digit by digit."""
    whole, _, fraction = text.replace(",", "").partition(".")
    spoken = cardinal(int(whole or "0"))
    return f"{spoken} point {digits(fraction)}" if fraction else spoken


def grouped(text: str) -> str:
    """Return a number that is a name, as in flights and models: 136 "one thirty-six", 737 "seven thirty-seven"."""
    number = int(text)
    if text.startswith("0") or len(text) > 4:  # noqa: PLR2004
        return digits(text)
    if len(text) == 3 and number % 100:  # noqa: PLR2004
        rest = number % 100
        return f"{_ONES[number // 100]} {'oh ' + _ONES[rest] if rest < 10 else cardinal(rest)}"  # noqa: PLR2004
    return year(number) if len(text) == 4 else cardinal(number)  # noqa: PLR2004


def plural(words: str) -> str:
    """Return the plural of number words: "sixteens", "nineties", "sixes"."""
    if words.endswith("y"):
        return words[:-1] + "ies"
    return words + ("es" if words.endswith(("x", "s")) else "s")
