"""What commands have in common about pronunciations: those that count here, and the words to add some for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from briefing.pronunciations.lexicon import Lexicon, starter_lexicon
from briefing.settings import DataSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

#: So many unknown words are shown in one line; all are in the JSON.
_SHOWN = 20


def lexicon_here(slug: str | None = None) -> Lexicon:
    """Return the pronunciations that count here: with this installation's own where there is a database.

    Commands that need no database make none. Raises UnknownReference for a show that is not there.
    """
    settings = DataSettings()
    file = settings.database_address.removeprefix("sqlite:///")
    if slug is None and not settings.database_url and not Path(file).exists():
        return starter_lexicon()
    from cli.place import open_place  # noqa: PLC0415  `spoken` should not wait for a database that is not there

    place = open_place()
    if slug is not None:
        place.show(slug)
    return place.lexicon(slug)


def unknown_line(unknown: Sequence[dict[str, Any]]) -> str:
    """Return one line about the words of a script that an engine has to guess, the empty text where there are none."""
    if not unknown:
        return ""
    shown = [entry["word"] + (f" ({entry['count']})" if entry["count"] > 1 else "") for entry in unknown[:_SHOWN]]
    more = f" and {len(unknown) - _SHOWN} more" if len(unknown) > _SHOWN else ""
    return f"To check by ear, or to put into the lexicon: {', '.join(shown)}{more}"
