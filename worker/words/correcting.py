"""Correction -> the line that tells of it, in the article's language, and the editors' note after it. Pure.

Says nothing of whether it is spoken; that is the show's (`correction_note`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from babel import Locale, UnknownLocaleError
from babel.dates import format_date

if TYPE_CHECKING:
    from datetime import date

    from briefing.values import Correction

#: By language; others have the note alone.
_LINES = {
    "en": "This story was corrected on {day}.",
    "de": "Dieser Beitrag wurde am {day} korrigiert.",
    "fr": "Cet article a été corrigé le {day}.",
    "es": "Este artículo se corrigió el {day}.",
    "it": "Questo articolo è stato corretto il {day}.",
    "pt": "Este artigo foi corrigido em {day}.",
    "nl": "Dit artikel is op {day} gecorrigeerd.",
    "pl": "Ten artykuł poprawiono {day}.",
    "uk": "Цю статтю виправлено {day}.",
    "ru": "Эта статья исправлена {day}.",
}


def told(correction: Correction, language: str) -> str:
    """Return what is said of a correction; empty where the language has no line and the editors wrote no note."""
    line = _LINES.get(language.split("-", maxsplit=1)[0].lower(), "")
    day = long_date(correction.at, language) if line else None
    parts = [line.format(day=day) if day else "", correction.note or ""]
    return " ".join(part for part in parts if part)


def long_date(day: date, language: str) -> str | None:
    """Return a day in words, None in a language that is not known."""
    try:
        locale = Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return None
    # Some locales use spaces of odd widths.
    return " ".join(format_date(day, "long", locale=locale).split()).rstrip(".")
