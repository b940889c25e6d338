"""Names of people and of keys, as they are compared: those that look alike are one, however they are typed.

Decides nothing about who may do what (`briefing.accounts.keys`, `briefing.accounts.roles`).
"""

from __future__ import annotations

import unicodedata

#: Letters of Greek and Cyrillic that look like Latin ones, as they are after casefold.
_LOOKALIKES = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u051b\u051d\u04cf\u04bb\u03b1\u03bf\u03c1\u03bd\u03b9\u03ba\u03c5\u03f2\u0131",
    "aeopcyxijsdqwlhaopvikuci",
)


def plain_name(name: str) -> str:
    """Return a name in the form by which it is compared: without case, width, odd spaces, invisible characters, and
    with letters that look like Latin ones as those.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    seen = "".join(letter for letter in folded if unicodedata.category(letter) not in {"Cf", "Cc"} or letter.isspace())
    return " ".join(seen.translate(_LOOKALIKES).split())


def is_same(one: str, other: str) -> bool:
    """Tell whether two names are one person's."""
    return plain_name(one) == plain_name(other)
