"""When what is made goes live, at the desk: hold, set a time, change an embargo, approve.

Each does what the API's route does, as that does it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from fastapi import Response

from api import editions, schemas
from api.context import Here
from api.desk.briefing import BriefingId, overtaken, page_of
from api.desk.forms import Form, number_of
from api.desk.pages import TOLD, desk_router, see_other
from api.desk.people import Editing
from api.desk.words import moment
from api.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

router = desk_router()

#: How long ago a time may be that is meant for now: whoever types one takes a while.
_JUST_NOW = timedelta(minutes=15)

TOLD.update(
    held="It waits for an editor.",
    unheld="It is no longer held.",
    scheduled="The time is set.",
    unscheduled="The time is taken back; it waits for an editor.",
    approved="It is approved.",
    embargoed="The embargo is changed.",
    embargo_ended="The embargo is over.",
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
    body = schemas.ScheduleRequest(at=_moment(form, "at"), release_hold=form.get("release_hold") == "yes")
    editions.schedule(briefing_id, body, context, visitor.caller)
    return _done(briefing_id, "scheduled")


@router.post("/briefings/{briefing_id}/unschedule")
def unschedule(briefing_id: BriefingId, context: Here, visitor: Editing) -> Response:
    """Take a time back."""
    editions.unschedule(briefing_id, context, visitor.caller)
    return _done(briefing_id, "unscheduled")


@router.post("/briefings/{briefing_id}/embargo")
def embargo(briefing_id: BriefingId, context: Here, visitor: Editing, form: Form) -> Response:
    """Set another time until which nothing of it may be public, as `schedule` reads one, or end that."""
    until = None if form.get("end") == "yes" else _moment(form, "until")
    editions.embargo(briefing_id, until, context, visitor.caller)
    return _done(briefing_id, "embargoed" if until else "embargo_ended")


@router.post("/briefings/{briefing_id}/approve")
def approve(briefing_id: BriefingId, context: Here, visitor: Editing, form: Form) -> Response:
    """Give the second person's word for the revision that the page showed."""
    body = schemas.ApproveRequest(revision=number_of(form, "revision"))
    try:
        editions.approve(briefing_id, context, visitor.caller, body)
    except Problem as error:
        return overtaken(error, briefing_id)
    return _done(briefing_id, "approved")


def _done(briefing_id: str, told: str) -> Response:
    return see_other(page_of(briefing_id), told)


def _moment(form: Mapping[str, str], name: str) -> datetime:
    """Return the time that a form names: as the page's script tells it, else what was typed, in UTC. Raises Problem for
    none, or one that is over.
    """
    try:
        at = datetime.fromisoformat(form.get(name) or form.get("local", ""))
        at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Problem("invalid_request", "Name a day and a time.") from error
    if at < datetime.now(UTC) - _JUST_NOW:
        # By the API it would be at once; a person mistook the day or the year.
        raise Problem("invalid_request", f"{moment(at)} is over. Nothing was done.", "Name a time that is to come.")
    return at
