"""`/desk/lexicon/import`: a table or PLS document of pronunciations, and what it changes, before it is recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fastapi import Request, Response

from api.context import Here
from api.desk.forms import Form, text_of
from api.desk.pages import TOLD, desk_router, page, see_other
from api.desk.people import Editing, Visitor
from api.lexicon import demand_show
from api.problems import Problem
from briefing import audit
from briefing.audit import Action
from briefing.errors import LexiconInvalid
from briefing.lexicon import NO_LANGUAGE, LexiconEntry, is_language
from briefing.lexicon_csv import read_csv
from briefing.lexicons import Origin, listed_entries, put_entry
from briefing.pls import read_pls
from briefing.shows import listed_shows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

router = desk_router()

TOLD["imported"] = "They are recorded. Audio that is made from now on says them so."

#: Characters of a file: what a form may carry. Larger ones are for `briefcast lexicon import`.
_LONGEST = 900_000

#: Changes that the page lists; all are counted.
_MOST_SHOWN = 200


@dataclass(frozen=True)
class Changes:
    """What a file would change."""

    new: tuple[LexiconEntry, ...]
    replaced: tuple[tuple[LexiconEntry, LexiconEntry], ...]
    """Before and after."""
    unchanged: int
    faults: tuple[str, ...]


@router.get("/lexicon/import")
def ask(request: Request, context: Here, visitor: Editing) -> Response:
    """Ask for a file."""
    with context.database.reading() as session:
        shows = list(listed_shows(session))
    return _page(request, visitor, {"content": "", "language": "", "show": ""}, shows, None)


@router.post("/lexicon/import")
def look(request: Request, context: Here, visitor: Editing, form: Form) -> Response:
    """Show what a file would change; with `record`, record it, if nothing in it is wrong."""
    given = {"content": text_of(form, "content", _LONGEST), "language": text_of(form, "language", 35)}
    given["show"] = text_of(form, "show", 128)
    show, now = given["show"] or None, datetime.now(UTC)
    entries, faults = _read(given["content"], given["language"])
    if form.get("record") != "yes":
        with context.database.reading() as session:
            demand_show(session, show)
            changes, shows = changes_of(session, show, entries, faults), list(listed_shows(session))
        return _page(request, visitor, given, shows, changes)
    if faults:
        raise Problem("lexicon_invalid", faults[0])
    with context.database.writing() as session:
        demand_show(session, show)
        changed = sum(put_entry(session, show, entry, now) for entry in entries)
        detail = f"{show or 'newsroom'}: {changed} of {len(entries)}"
        audit.record(session, now, Action.LEXICON_IMPORT, visitor.caller, detail=detail)
    return see_other("/desk/lexicon", "imported")


def _read(content: str, language: str) -> tuple[Sequence[LexiconEntry], tuple[str, ...]]:
    """Return the entries of a file, and what is wrong with it."""
    if language and not is_language(language):
        return (), (f"{language!r} {NO_LANGUAGE}",)
    try:
        if content.lstrip("\ufeff \n\t").startswith("<"):
            return read_pls(content.strip("\ufeff \n\t").encode(), language or None), ()
        return read_csv(content.encode(), language or None)
    except LexiconInvalid as error:
        return (), (error.message,)


def changes_of(session: Session, show: str | None, entries: Sequence[LexiconEntry], faults: tuple[str, ...]) -> Changes:
    """Return what recording `entries` would change."""
    there = {
        (entry.written, entry.language): entry
        for entry, origin in listed_entries(session, show)
        if origin is Origin.DESK
    }
    pairs = [(there.get((entry.written, entry.language)), entry) for entry in entries]
    new = tuple(entry for before, entry in pairs if before is None)
    replaced = tuple((before, entry) for before, entry in pairs if before is not None and before != entry)
    return Changes(new, replaced, len(pairs) - len(new) - len(replaced), faults)


def _page(
    request: Request, visitor: Visitor, given: dict[str, str], shows: list[str], changes: Changes | None
) -> Response:
    values = {"given": given, "changes": changes, "shows": shows, "most": _MOST_SHOWN}
    return page(request, "lexicon_import.html", visitor, values)
