"""`/desk/summaries`: what a model wrote of stories, beside what they say, for an editor to approve, edit or decline."""

from __future__ import annotations

from typing import Any

from fastapi import Request, Response
from pydantic import ValidationError

from api import schemas
from api import summaries as routes
from api.context import Here
from api.desk.forms import Form
from api.desk.pages import TOLD, desk_router, page, see_other
from api.desk.people import Editing, Viewing
from api.digests import DigestSlug
from api.problems import Problem
from api.summaries import SummaryId
from briefing.digesting import summaries
from briefing.digesting.summary_checks import MOST_CHARACTERS

router = desk_router()

#: Summaries of each kind on the page.
_MOST = 20

TOLD.update(
    summaries_asked="The stories are being summarised; load this page again in a minute.",
    summary_approved="Approved: digests that are made from now on read it.",
    summary_declined="Declined: the story's own beginning is read.",
)


@router.get("/summaries")
def show(request: Request, context: Here, visitor: Viewing) -> Response:
    """Show those that wait for a word, those that the checks refused, then those that are approved."""
    with context.database.reading() as session:
        found: list[dict[str, Any]] = [
            {"summary": row, "source": summaries.text_of(session, row)}
            for state in (summaries.WAITING, summaries.REFUSED, summaries.APPROVED)
            for row in summaries.listed(session, [state], _MOST)
        ]
        failed = summaries.listed(session, [summaries.FAILED], _MOST)
        values = {"summaries": found, "failed": failed, "most": MOST_CHARACTERS, "on": context.summary.on}
        return page(request, "summaries.html", visitor, values)


@router.post("/summaries/{summary}/approve")
def approve(summary: SummaryId, context: Here, visitor: Editing, form: Form) -> Response:
    """Approve one, in the words of the form."""
    try:
        body = schemas.SummaryApproval(seen=form.get("seen", ""), text=form.get("text", ""))
    except ValidationError as error:
        raise _unreadable() from error
    routes.approve(summary, body, context, visitor.caller)
    return see_other("/desk/summaries", "summary_approved")


@router.post("/summaries/{summary}/decline")
def decline(summary: SummaryId, context: Here, visitor: Editing, form: Form) -> Response:
    """Decline one."""
    try:
        body = schemas.SummaryDecision(seen=form.get("seen", ""))
    except ValidationError as error:
        raise _unreadable() from error
    routes.decline(summary, body, context, visitor.caller)
    return see_other("/desk/summaries", "summary_declined")


@router.post("/digests/{slug}/summaries")
def ask(slug: DigestSlug, context: Here, visitor: Editing) -> Response:
    """Have a digest's stories summarised now."""
    routes.ask(slug, context, visitor.caller)
    return see_other("/desk/summaries", "summaries_asked")


def _unreadable() -> Problem:
    return Problem("invalid_request", "the form does not say which words were seen", "Load the page again.")
