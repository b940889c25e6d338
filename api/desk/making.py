"""`/desk`: what is being made, held, failed and lately live, and the search for all else."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query, Request, Response

from api.context import Context, Here
from api.desk.fixes import fix_of, reason_of
from api.desk.pages import NAVIGATION, desk_router, page
from api.desk.people import Viewing
from briefing import worklist

if TYPE_CHECKING:
    from briefing.worklist import Work

router = desk_router()

NAVIGATION.insert(0, ("/desk", "Work", "viewer"))

#: Rows of each list; more of what is live is a page of its own.
_MOST = 30
_MOST_LIVE = 12
_MOST_FOUND = 50
_PAGE = 50

#: Characters of what is searched for.
_LONGEST = 300


@router.get("")
def home(
    request: Request, context: Here, visitor: Viewing, q: Annotated[str, Query(max_length=_LONGEST)] = ""
) -> Response:
    """Show the newsroom's work, or what is searched for."""
    words = q.strip()
    if not words:
        return page(request, "home.html", visitor, _work(context) | {"q": "", "found": None})
    with context.database.reading() as session:
        found = worklist.search(session, words, _MOST_FOUND)
    return page(request, "home.html", visitor, {"q": words, "found": _rows(found), "most": _MOST_FOUND})


@router.get("/work")
def work(request: Request, context: Here, visitor: Viewing, seen: str = "") -> Response:
    """The lists again, for the page that shows them; nothing where they are as it has them."""
    values = _work(context)
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
    values = {"works": _rows(found[:_PAGE]), "more": more, "before": max(0, after - _PAGE) if after else None}
    return page(request, "live.html", visitor, values)


def _work(context: Context) -> dict[str, Any]:
    with context.database.reading() as session:
        lists = {
            "making": worklist.making(session, _MOST),
            "held": worklist.held(session, _MOST),
            "failed": worklist.failed(session, datetime.now(UTC), _MOST),
            "live": worklist.lately_live(session, _MOST_LIVE),
        }
    seen = hashlib.sha256(repr(lists).encode()).hexdigest()[:16]
    return {name: _rows(works) for name, works in lists.items()} | {"seen": seen, "most": _MOST}


def _rows(works: list[Work]) -> list[dict[str, Any]]:
    return [{"work": one, "fix": fix_of(one), "reason": reason_of(one)} for one in works]
