"""`/desk/lexicon/import`: a table or PLS document of pronunciations, and what it changes, before it is recorded."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fastapi import Request, Response

from api import imports
from api.context import Here
from api.desk.forms import Form, text_of
from api.desk.pages import TOLD, desk_router, page, see_other
from api.desk.people import Editing, Visitor
from api.lexicon import demand_show, respeaking
from api.problems import Problem
from briefing.podcasts.shows import listed_shows
from briefing.pronunciations.word_lists import MOST_CHARACTERS, Differences, differences, read_list

if TYPE_CHECKING:
    from api.schemas.lexicon import ListRadiusView

router = desk_router()

TOLD["imported"] = "They are recorded. Audio that is made from now on says them so."

#: Changes that the page lists; all are counted.
_MOST_SHOWN = 200

_MOST_DIGITS = 9


@router.get("/lexicon/import")
def ask(request: Request, context: Here, visitor: Editing) -> Response:
    """Ask for a file."""
    with context.database.reading() as session:
        shows = list(listed_shows(session))
    return _page(request, visitor, {"content": "", "language": "", "show": ""}, shows)


@router.post("/lexicon/import")
def look(request: Request, context: Here, visitor: Editing, form: Form) -> Response:
    """Show what a file would change; with `record`, record it, if nothing in it is wrong, and with `respeak` have what
    says its words spoken anew: the number that was shown confirms it.
    """
    given = {"content": text_of(form, "content", MOST_CHARACTERS), "language": text_of(form, "language", 35)}
    given["show"] = text_of(form, "show", 128)
    show, now, doing = given["show"] or None, datetime.now(UTC), form.get("record")
    entries, faults = read_list(given["content"], given["language"])
    if doing not in {"yes", "respeak"}:
        with context.database.reading() as session:
            demand_show(session, show)
            found = differences(session, show, entries)
            concerned = imports.radius_view(session, found, context) if entries and not faults else None
            shows = list(listed_shows(session))
        return _page(request, visitor, given, shows, found, faults, concerned)
    if faults or not entries:
        raise Problem("lexicon_invalid", (*faults, "the list has no word")[0])
    if doing == "yes":
        with context.database.writing() as session:
            demand_show(session, show)
            imports.keep(session, show, entries, visitor.caller, now)
        return see_other("/desk/lexicon", "imported")
    changes, number = imports.heard(show, entries), _number(form.get("briefings", ""))
    work = respeaking(context, visitor.caller, changes, number, confirmed=False)
    with context.database.writing() as session:
        address = f"/desk/lexicon/respeaks/{work(session, now).id}"
    return see_other(address)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else None


def _page(  # noqa: PLR0913  what a page shows
    request: Request,
    visitor: Visitor,
    given: dict[str, str],
    shows: list[str],
    found: Differences | None = None,
    faults: tuple[str, ...] = (),
    concerned: ListRadiusView | None = None,
) -> Response:
    values = {"given": given, "changes": found, "faults": faults, "radius": concerned, "shows": shows}
    return page(request, "lexicon_import.html", visitor, values | {"most": _MOST_SHOWN})
