"""`/desk`: what is being made, held, failed and lately live, and the search for all else."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query, Request, Response

from api.context import Here
from api.desk.fixes import Standing, fix_of, reason_of
from api.desk.pages import desk_router, page
from api.desk.people import Viewing
from api.desk.standings import standings
from briefing.observing import worklist
from briefing.podcasts.shows import listed_sources

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from briefing.accounts.keys import Caller
    from briefing.observing.worklist import Work

router = desk_router()

#: Rows of each list; more of what is live is a page of its own.
_MOST = 30
_MOST_LIVE = 12
_MOST_FOUND = 50
_PAGE = 50

#: Sources named beside the field that asks for an article.
_MOST_SOURCES = 8

#: Characters that are looked for; further ones are not.
_LONGEST = 300


@router.get("")
def home(request: Request, context: Here, visitor: Viewing, q: str = "") -> Response:
    """Show the newsroom's work, or what is searched for."""
    words = _searched(q)
    with context.database.reading() as session:
        sources = [name for name, source in listed_sources(session).items() if source.kind != "http"][:_MOST_SOURCES]
        values: dict[str, Any] = {"q": words, "found": None, "sources": sources}
        if words:
            works = worklist.search(session, words, _MOST_FOUND)
            known = standings(session, works, visitor.caller, datetime.now(UTC))
            values |= {"found": _rows(works, known, visitor.caller.name), "most": _MOST_FOUND}
        else:
            values |= _work(session, visitor.caller)
    return page(request, "home.html", visitor, values)


@router.get("/work")
def work(request: Request, context: Here, visitor: Viewing, seen: str = "") -> Response:
    """The lists again, for the page that shows them; nothing where they are as it has them."""
    with context.database.reading() as session:
        values = _work(session, visitor.caller)
    if values["seen"] == seen:
        return Response(status_code=204, headers={"Cache-Control": "no-store"})
    return page(request, "work_part.html", visitor, values)


@router.get("/live")
def live(
    request: Request, context: Here, visitor: Viewing, after: Annotated[int, Query(ge=0, le=100_000)] = 0
) -> Response:
    """All that is live, a page at a time."""
    with context.database.reading() as session:
        found = worklist.lately_live(session, _PAGE + 1, after)
    more = after + _PAGE if len(found) > _PAGE else None
    values = {
        "works": _rows(found[:_PAGE], {}, visitor.caller.name),
        "more": more,
        "before": max(0, after - _PAGE) if after else None,
    }
    return page(request, "live.html", visitor, values)


def _searched(text: str) -> str:
    """Return what is searched for: what is pasted may be long, and hold characters that nobody sees."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(plain.split())[:_LONGEST]


def _work(session: Session, user: Caller) -> dict[str, Any]:
    """Return the lists of the first page."""
    now = datetime.now(UTC)
    lists = {
        "making": worklist.making(session, _MOST),
        "held": worklist.held(session, _MOST),
        "failed": worklist.failed(session, now, _MOST),
        "live": worklist.lately_live(session, _MOST_LIVE),
    }
    # Each list apart: one briefing may be in two, held anew while it is live.
    known = {title: standings(session, lists[title], user, now) for title in ("held", "failed")}
    # An embargo that ends, or an article that is published in its CMS, changes the page too.
    seen = hashlib.sha256(repr((lists, known)).encode()).hexdigest()[:16]
    rows = {title: _rows(works, known.get(title, {}), user.name) for title, works in lists.items()}
    return rows | {"seen": seen, "most": _MOST}


def _rows(works: list[Work], known: Mapping[str, Standing], name: str) -> list[dict[str, Any]]:
    """Return works as a page shows them; of what is neither held nor failed nothing is known beside."""
    found = [(one, known.get(one.briefing, Standing())) for one in works]
    return [
        {"work": one, "fix": fix_of(one, name, standing), "reason": reason_of(one, standing)} for one, standing in found
    ]
