"""Pronunciations put, changed or removed, one or a whole list's: what was recorded, what is to be, and in which texts
another entry counts for it. Finds no text that says a word (`briefing.pronunciations.mentions`); changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefing.pronunciations.lexicon import Lexicon, forms, starter
from briefing.pronunciations.lexicons import Origin, fold, listed_entries

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

    from briefing.pronunciations.lexicon import LexiconEntry


@dataclass(frozen=True)
class Change:
    """A pronunciation made by hand, of a show or of the newsroom (None), before and after; None: there is none."""

    show: str | None
    before: LexiconEntry | None
    after: LexiconEntry | None

    @property
    def entry(self) -> LexiconEntry:
        """One of the two, which say the same word. Raises ValueError where there is neither."""
        found = self.after or self.before
        if found is None:
            message = "there is no such pronunciation, and none is to be"
            raise ValueError(message)
        return found

    @property
    def back(self) -> Change:
        """The change that takes this one back."""
        return Change(self.show, self.after, self.before)


def change_of(session: Session, show: str | None, entry: LexiconEntry, *, remove: bool = False) -> Change:
    """Return what recording `entry`, or removing what is recorded for its word, would change."""
    before = recorded(session, show, [entry]).get(_word(entry))
    return Change(show, before, None if remove else entry)


def changes_of(session: Session, show: str | None, entries: Sequence[LexiconEntry]) -> list[Change]:
    """Return what recording a list would change, in its order; entries that are recorded as they are among them."""
    there = recorded(session, show)
    return [Change(show, there.get(_word(entry)), entry) for entry in entries]


def recorded(
    session: Session, show: str | None, of: Iterable[LexiconEntry] | None = None
) -> dict[tuple[str, str], LexiconEntry]:
    """Return what was made by hand for a show or for the newsroom, by word and language; of all words or of some."""
    folded = None if of is None else {fold(entry.written) for entry in of}
    listed = listed_entries(session, show, folded)
    return {_word(entry): entry for entry, origin in listed if origin is Origin.DESK}


class Effect:
    """Where changes of one show or of the newsroom make another entry count; each answer is found once."""

    def __init__(self, session: Session, changes: Sequence[Change]) -> None:
        self._session, self._changes = session, changes
        self._folded = {fold(change.entry.written) for change in changes}
        self._forms = [
            forms(change.entry) | (forms(change.before) if change.before else frozenset()) for change in changes
        ]
        self._listed: dict[str | None, list[tuple[LexiconEntry, Origin]]] = {}
        self._lexicons: dict[str, tuple[Lexicon, Lexicon]] = {}
        self._found: dict[tuple[int, str, str], bool] = {}

    def matters(self, number: int, show: str, language: str) -> bool:
        """Tell whether the change of that number makes another entry count in texts of a show in a language: not where
        the show has an entry of its own, say, or where the entry is for another language.
        """
        asked = (number, show, language)
        if asked not in self._found:
            self._found[asked] = self._matters(*asked)
        return self._found[asked]

    def _matters(self, number: int, show: str, language: str) -> bool:
        if self._changes[number].show not in {None, show}:
            return False
        if show not in self._lexicons:
            self._lexicons[show] = (self._lexicon(show, after=False), self._lexicon(show, after=True))
        old, new = self._lexicons[show]
        return any(
            _said(old.counting_for(shape, language)) != _said(new.counting_for(shape, language))
            for shape in self._forms[number]
        )

    def _lexicon(self, show: str, *, after: bool) -> Lexicon:
        """Return the lexicon of a show, as far as the words are concerned, before or after the changes.

        What is recorded already counts as new: what it changed when it was may not have been heard yet.
        """
        words = {_word(change.entry) for change in self._changes}
        layers: list[list[LexiconEntry]] = []
        for owner in (show, None):
            for origin in (Origin.DESK, Origin.FILE):
                layer = [entry for entry, its in self._entries_of(owner) if its is origin]
                if owner == self._changes[0].show and origin is Origin.DESK:
                    layer = [entry for entry in layer if _word(entry) not in words]
                    layer += [entry for change in self._changes if (entry := _counting(change, after=after))]
                layers.append(layer)
        return Lexicon([*layers, [entry for entry in starter() if fold(entry.written) in self._folded]])

    def _entries_of(self, owner: str | None) -> list[tuple[LexiconEntry, Origin]]:
        if owner not in self._listed:
            self._listed[owner] = listed_entries(self._session, owner, self._folded)
        return self._listed[owner]


def _counting(change: Change, *, after: bool) -> LexiconEntry | None:
    if after:
        return change.after
    return None if change.before == change.after else change.before


def _said(entry: LexiconEntry | None) -> tuple[str, ...] | None:
    """Return what a listener hears of an entry: a new note makes no new sound."""
    return (entry.written, entry.kind.value, entry.value, entry.alias) if entry else None


def _word(entry: LexiconEntry) -> tuple[str, str]:
    return entry.written, entry.language
