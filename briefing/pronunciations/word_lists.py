"""A newsroom's own list of pronunciations, a table or a PLS document: its text -> entries and faults, and what
recording them would change. Records nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefing.errors import LexiconInvalid
from briefing.pronunciations.changes import changes_of
from briefing.pronunciations.lexicon import NO_LANGUAGE, is_language
from briefing.pronunciations.lexicon_csv import read_csv
from briefing.pronunciations.pls import read_pls

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from briefing.pronunciations.changes import Change
    from briefing.pronunciations.lexicon import LexiconEntry

#: Characters of a list that is sent; larger ones are for `briefcast lexicon import`.
MOST_CHARACTERS = 900_000


@dataclass(frozen=True)
class Differences:
    """What recording a list would change."""

    new: tuple[Change, ...]
    replaced: tuple[Change, ...]
    unchanged: tuple[Change, ...]
    """Recorded as they are already."""

    @property
    def heard(self) -> tuple[Change, ...]:
        """Those whose words are to be heard: the changed ones; all of a list that was recorded before, since what was
        published may not say them yet.
        """
        return (*self.replaced, *self.new) or self.unchanged


def read_list(content: str, language: str) -> tuple[Sequence[LexiconEntry], tuple[str, ...]]:
    """Return the entries of a list, and what is wrong with it."""
    if language and not is_language(language):
        return (), (f"{language!r} {NO_LANGUAGE}",)
    try:
        if content.lstrip("\ufeff \n\t").startswith("<"):
            return read_pls(content.strip("\ufeff \n\t").encode(), language or None), ()
        return read_csv(content.encode(), language or None)
    except LexiconInvalid as error:
        return (), (error.message,)


def differences(session: Session, show: str | None, entries: Sequence[LexiconEntry]) -> Differences:
    """Return what recording a list for a show, or for the newsroom, would change."""
    found = changes_of(session, show, entries)
    return Differences(
        tuple(change for change in found if change.before is None),
        tuple(change for change in found if change.before is not None and change.before != change.after),
        tuple(change for change in found if change.before == change.after),
    )
