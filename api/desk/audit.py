"""`/desk/audit`: who did what, for admins."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query, Request, Response
from fastapi.responses import PlainTextResponse

from api.context import Here
from api.desk.pages import desk_router, page
from api.desk.people import Administering
from briefing.accounts import audit
from briefing.accounts.audit import Action, Question

router = desk_router()

_PAGE = 100

#: Rows of one CSV; more is `briefcast audit`'s.
_MOST = audit.MOST_ENTRIES

Text = Annotated[str, Query(max_length=300)]


@router.get("/audit")
def show(  # noqa: PLR0913  what one may filter by
    request: Request,
    context: Here,
    visitor: Administering,
    who: Text = "",
    action: Text = "",
    subject: Text = "",
    since: Text = "",
    until: Text = "",
    after: Text = "",
) -> Response:
    """Show what was changed, newest first, a page at a time."""
    given = {"who": who, "action": action, "subject": subject, "since": since, "until": until}
    question = _question(given, after if re.fullmatch(audit.CURSOR, after) else None, _PAGE)
    with context.database.reading() as session:
        found, following = audit.page(session, question)
    kept = urlencode({name: value for name, value in given.items() if value})
    values = {"entries": found, "following": following, "given": given, "kept": kept, "actions": sorted(Action)}
    return page(request, "audit.html", visitor, values)


@router.get("/audit.csv")
def table(  # noqa: PLR0913
    context: Here,
    visitor: Administering,  # noqa: ARG001
    who: Text = "",
    action: Text = "",
    subject: Text = "",
    since: Text = "",
    until: Text = "",
) -> Response:
    """The same for a spreadsheet, the newest thousand."""
    given = {"who": who, "action": action, "subject": subject, "since": since, "until": until}
    with context.database.reading() as session:
        found, _ = audit.page(session, _question(given, None, _MOST))
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"', "Cache-Control": "no-store"}
    return PlainTextResponse(audit.table(found), media_type="text/csv", headers=headers)


def _question(given: dict[str, str], after: str | None, most: int) -> Question:
    last = _day(given["until"])
    return Question(
        who=given["who"].strip() or None,
        action=given["action"].strip() or None,
        subject=given["subject"].strip() or None,
        since=_day(given["since"]),
        until=last + timedelta(days=1) if last is not None else None,
        after=after,
        limit=most,
    )


def _day(text: str) -> datetime | None:
    """Return when a day begins (UTC); None for what is none."""
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return None
    # A day after the calendar's last one cannot be reckoned with.
    return datetime(day.year, day.month, day.day, tzinfo=UTC) if day.year < date.max.year else None
