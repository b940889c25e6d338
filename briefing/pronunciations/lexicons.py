"""Pronunciations as rows: a newsroom's and each show's. Those from the settings file are replaced as a whole, those
made by hand stay until they are removed by hand.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from briefing.errors import LexiconInvalid
from briefing.hashing import stable_hash
from briefing.models import LexiconRow
from briefing.observing.logs import get_logger
from briefing.pronunciations.lexicon import Lexicon, LexiconEntry, alike, make_entry, starter

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

_log = get_logger("lexicon")


class Origin(StrEnum):
    """Who keeps an entry."""

    FILE = "file"
    """The settings file; `briefcast apply` replaces it."""
    DESK = "desk"
    """An editor, by command or at the desk."""


def lexicon_for(session: Session, show: str | None) -> Lexicon:
    """Return what counts for a show's articles: its own entries, the newsroom's, those that ship.

    Within a show or the newsroom, what was made by hand outdoes the settings file.
    """
    newsroom = own_lexicon(session, None).layers
    return Lexicon([*(own_lexicon(session, show).layers if show is not None else ()), *newsroom, starter()])


def own_lexicon(session: Session, show: str | None) -> Lexicon:
    """Return what a show, or the newsroom for None, has of its own."""
    return Lexicon([own_entries(session, show, origin) for origin in (Origin.DESK, Origin.FILE)])


def own_entries(session: Session, show: str | None, origin: Origin | None = None) -> list[LexiconEntry]:
    """Return the entries of a show, of the newsroom for None; made by hand first, then in alphabetical order."""
    return [entry for entry, its in listed_entries(session, show) if origin is None or its is origin]


def listed_entries(
    session: Session, show: str | None, folded: Collection[str] | None = None
) -> list[tuple[LexiconEntry, Origin]]:
    """Return the same, each with its origin; of all words, or of those whose folded form is given."""
    rows = session.scalars(
        select(LexiconRow)
        .where(LexiconRow.show == show)
        .order_by(LexiconRow.origin, LexiconRow.written, LexiconRow.language, LexiconRow.id)
    )
    # A row becomes an entry by being checked: of twenty thousand that takes a while.
    wanted = (row for row in rows if folded is None or fold(row.written) in folded)
    return [(entry, Origin(row.origin)) for row in wanted if (entry := _entry(row)) is not None]


def fingerprint(session: Session) -> str:
    """Return a hash of all pronunciations of the newsroom and its shows: equal as long as all of them are."""
    told = [getattr(LexiconRow, name) for name in ("show", "origin", *LexiconEntry.model_fields)]
    return stable_hash(
        "lexicon/1", *(repr(tuple(row)) for row in session.execute(select(*told).order_by(LexiconRow.id)))
    )


def fold(written: str) -> str:
    """Return what all cases and spellings of a word have in common."""
    return alike(written).casefold()


def put_entries(session: Session, show: str | None, entries: Sequence[LexiconEntry], now: datetime) -> int:
    """Record entries made by hand, each of another word, in place of those for the same words; return how many changed
    anything.
    """
    rows = session.scalars(select(LexiconRow).where(LexiconRow.show == show, LexiconRow.origin == Origin.DESK.value))
    there = {(row.written, row.language): row for row in rows}
    # In one order for all: of two who bring lists at once, one waits for the other.
    new = sorted(
        (entry for entry in entries if (entry.written, entry.language) not in there),
        key=lambda entry: (entry.written, entry.language),
    )
    try:
        # At once: a list may have thousands, and others wait to write.
        with session.begin_nested():
            session.add_all(_row(show, entry, Origin.DESK, now) for entry in new)
        changed = len(new)
    except IntegrityError:
        changed = sum(put_entry(session, show, entry, now) for entry in new)
    for entry in entries:
        row = there.get((entry.written, entry.language))
        changed += row is not None and _put(row, entry, now)
    session.flush()
    return changed


def put_entry(session: Session, show: str | None, entry: LexiconEntry, now: datetime) -> bool:
    """Record an entry made by hand in place of the one for the same word; tell whether anything changed."""
    found = _found(session, show, entry)
    if found is None:
        try:
            with session.begin_nested():
                session.add(_row(show, entry, Origin.DESK, now))
        except IntegrityError:
            # Another has added the word since we looked; the later one counts.
            found = _found(session, show, entry)
            if found is None:
                raise
        else:
            return True
    changed = _put(found, entry, now)
    session.flush()
    return changed


def _put(row: LexiconRow, entry: LexiconEntry, now: datetime) -> bool:
    """Have a row be this entry; tell whether it was not."""
    if _entry(row) == entry:
        return False
    for name, value in entry.model_dump(mode="json").items():
        setattr(row, name, value)
    row.changed_at = now
    return True


def _found(session: Session, show: str | None, entry: LexiconEntry) -> LexiconRow | None:
    """Return the row made by hand for this entry's word."""
    return session.scalars(
        select(LexiconRow).where(
            LexiconRow.show == show,
            LexiconRow.written == entry.written,
            LexiconRow.language == entry.language,
            LexiconRow.origin == Origin.DESK.value,
        )
    ).one_or_none()


def remove_entry(session: Session, show: str | None, written: str, language: str | None = None) -> int:
    """Remove what was made by hand for a word, in `language` or in all; return how many entries there were."""
    statement = delete(LexiconRow).where(
        LexiconRow.show == show, LexiconRow.written == written, LexiconRow.origin == Origin.DESK.value
    )
    if language is not None:
        statement = statement.where(LexiconRow.language == language)
    gone = session.scalars(statement.returning(LexiconRow.id)).all()
    return len(gone)


def replace_file_entries(session: Session, show: str | None, entries: Sequence[LexiconEntry], now: datetime) -> bool:
    """Record what the settings file has, and nothing else of it; tell whether anything changed."""
    before = own_entries(session, show, Origin.FILE)
    if sorted(map(repr, before)) == sorted(map(repr, entries)):
        return False
    session.execute(delete(LexiconRow).where(LexiconRow.show == show, LexiconRow.origin == Origin.FILE.value))
    session.add_all(_row(show, entry, Origin.FILE, now) for entry in entries)
    session.flush()
    return True


def _entry(row: LexiconRow) -> LexiconEntry | None:
    """Return a row's entry; None for what an older or newer Briefcast took: one word less must stop no briefing."""
    try:
        return make_entry({name: getattr(row, name) for name in LexiconEntry.model_fields})
    except LexiconInvalid as error:
        _log.warning("pronunciation left out", written=row.written, show=row.show, message=error.message)
        return None


def _row(show: str | None, entry: LexiconEntry, origin: Origin, now: datetime) -> LexiconRow:
    return LexiconRow(show=show, origin=origin.value, changed_at=now, **entry.model_dump(mode="json"))
