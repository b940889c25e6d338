"""What the history page says in its own words, by language. Pure; knows nothing of HTML.

The page is a file, the same for everybody: its language is the story's, as the player's is that of the page it stands
in; English where there is none here. Numbers stand behind their words, so that no language's plurals are needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True)
class Wording:
    """The words of one language."""

    language: str
    """BCP 47."""
    history_of: str
    """Before the title."""
    title: str
    """Of the page; has `{title}` and `{show}`."""
    about: str
    read_article: str
    read_transcript: str
    hear: str
    reads_now: str
    kinds: Mapping[str, str]
    """What an entry's kind is called."""
    parts: str
    """Before how many parts changed."""
    changes: Mapping[str, str]
    """What was done to parts; has `{number}`."""
    months: tuple[str, ...]
    """As they stand in a date."""

    def moment(self, at: datetime) -> str:
        """Return a moment (UTC) in words."""
        return f"{at.day} {self.months[at.month - 1]} {at:%Y, %H:%M} UTC"

    def counts(self, segments: Mapping[str, int]) -> str:
        """Return in words how many parts changed; empty where none did, or it is not known."""
        told = [self.changes[what].format(number=number) for what, number in segments.items() if number]
        return f"{self.parts} {', '.join(told)}" if told else ""


_ENGLISH = Wording(
    language="en",
    history_of="History of",
    title="History of “{title}” – {show}",
    about="When this audio was published, updated and corrected. Words that were taken back are not shown.",
    read_article="Read the article",
    read_transcript="Read the transcript of what is heard now",
    hear="Hear it",
    reads_now="It reads now:",
    kinds={
        "first": "First published",
        "update": "Updated",
        "correction": "Corrected",
        "withdrawal": "Withdrawn",
    },
    parts="Parts of the story:",
    changes={"added": "{number} added", "removed": "{number} removed", "changed": "{number} changed"},
    months=(
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ),
)  # fmt: skip

_UKRAINIAN = Wording(
    language="uk",
    history_of="Історія аудіо:",
    title="Історія аудіо «{title}» – {show}",
    about="Коли це аудіо опубліковано, оновлено й виправлено. Слів, які редакція забрала назад, тут немає.",
    read_article="Читати статтю",
    read_transcript="Читати текст того, що звучить зараз",
    hear="Слухати",
    reads_now="Тепер там сказано:",
    kinds={
        "first": "Уперше опубліковано",
        "update": "Оновлено",
        "correction": "Виправлено",
        "withdrawal": "Відкликано",
    },
    parts="Частини тексту:",
    changes={"added": "додано {number}", "removed": "вилучено {number}", "changed": "змінено {number}"},
    months=(
        "січня", "лютого", "березня", "квітня", "травня", "червня", "липня", "серпня", "вересня", "жовтня", "листопада",
        "грудня",
    ),
)  # fmt: skip

_KNOWN = {wording.language: wording for wording in (_ENGLISH, _UKRAINIAN)}


def wording_for(language: str) -> Wording:
    """Return the words for texts in `language` (BCP 47), English where there are none."""
    return _KNOWN.get(language.split("-", maxsplit=1)[0].lower(), _ENGLISH)
