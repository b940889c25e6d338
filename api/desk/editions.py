"""When what is made goes live, at the desk: hold, set a time, approve.

Each does what the API's route does, as that does it.
"""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import Response

from api import editions, schemas
from api.context import Here
from api.desk.briefing import BriefingId, page_of
from api.desk.forms import Form
from api.desk.pages import TOLD, desk_router, see_other
from api.desk.people import Editing
from api.problems import Problem

router = desk_router()

TOLD.update(
    held="It waits for an editor.",
    unheld="It is no longer held.",
    scheduled="The time is set.",
    unscheduled="The time is taken back; it waits for an editor.",
    approved="It is approved.",
)


@router.post("/briefings/{briefing_id}/hold")
def hold(briefing_id: BriefingId, context: Here, visitor: Editing) -> Response:
    """Have what is not live yet wait."""
    editions.hold(briefing_id, context, visitor.caller)
    return _done(briefing_id, "held")


@router.post("/briefings/{briefing_id}/unhold")
def unhold(briefing_id: BriefingId, context: Here, visitor: Editing) -> Response:
    """Take a hold back."""
    editions.unhold(briefing_id, context, visitor.caller)
    return _done(briefing_id, "unheld")


@router.post("/briefings/{briefing_id}/schedule")
def schedule(briefing_id: BriefingId, context: Here, visitor: Editing, form: Form) -> Response:
    """Set a time to go live: in the reader's own time, which the page's script tells in UTC; without one it is UTC."""
    text = form.get("at") or form.get("local", "")
    try:
        at = datetime.fromisoformat(text)
        body = schemas.ScheduleRequest(
            at=at if at.tzinfo else at.replace(tzinfo=UTC), release_hold=form.get("release_hold") == "yes"
        )
    except (ValueError, OverflowError) as error:
        raise Problem("invalid_request", "Name a day and a time.") from error
    editions.schedule(briefing_id, body, context, visitor.caller)
    return _done(briefing_id, "scheduled")


@router.post("/briefings/{briefing_id}/unschedule")
def unschedule(briefing_id: BriefingId, context: Here, visitor: Editing) -> Response:
    """Take a time back."""
    editions.unschedule(briefing_id, context, visitor.caller)
    return _done(briefing_id, "unscheduled")


@router.post("/briefings/{briefing_id}/approve")
def approve(briefing_id: BriefingId, context: Here, visitor: Editing) -> Response:
    """Give the second person's word."""
    editions.approve(briefing_id, context, visitor.caller)
    return _done(briefing_id, "approved")


def _done(briefing_id: str, told: str) -> Response:
    return see_other(page_of(briefing_id), told)
