"""What editors do at the desk with a briefing: ask, make again, speak a segment anew, publish, withdraw.

Each does what the API's route does, as that does it: one transaction with its audit row, by the user's name.
"""

from __future__ import annotations

from typing import Any

from fastapi import Request, Response
from pydantic import ValidationError

from api import briefings, schemas
from api.context import Here
from api.desk.briefing import BriefingId, SegmentId, overtaken, page_of
from api.desk.forms import Form, number_of, text_of
from api.desk.pages import TOLD, desk_router, page, see_other
from api.desk.people import Editing
from api.making_again import made_again
from api.problems import Problem
from api.seeing import briefing_row
from briefing.errors import OverrideRefused
from briefing.observing import worklist
from briefing.values import MOST_NOTE

router = desk_router()

TOLD.update(
    asked="It is being made.",
    corrected="It is being corrected; what is live stays until then, and is gone everywhere after.",
    again="It is being made again; what is live stays until then.",
    anew="That part is being spoken anew; the rest is kept.",
    published="It is being published.",
    withdrawn="It is withdrawn.",
    withdrawn_meanwhile="Nothing was done: it was withdrawn meanwhile. To bring it back, make it again.",
)

#: Characters of an article's name or address.
_LONGEST = 2000


@router.post("/ask")
def ask(context: Here, visitor: Editing, form: Form) -> Response:
    """Have an article's audio made."""
    named = text_of(form, "article", _LONGEST)
    if not named:
        raise Problem("invalid_request", "Name an article, as source:id or by its address.")
    try:
        body = schemas.BriefingRequest.model_validate({"article_ids": [named]})
    except ValidationError as error:
        detail = f"{named[:200]!r} names no article"
        raise Problem("bad_article_id", detail, "Write source:id or an address.") from error
    shown = briefings.ask(body, Response(), context, visitor.caller)
    return see_other(page_of(shown.id), "asked")


@router.post("/briefings/{briefing_id}/regenerate")
def regenerate(briefing_id: BriefingId, context: Here, visitor: Editing, form: Form) -> Response:
    """Fetch the article again and speak what changed, with another voice if one is named; as a correction, if it is
    one, so that the wrong words are heard nowhere.
    """
    voice, note = text_of(form, "voice", 128), text_of(form, "note", MOST_NOTE)
    asked: dict[str, Any] = {"voice": voice or None}
    if corrects := form.get("correction") == "yes":
        asked["correction"] = {"note": note or None}
    body = schemas.RegenerateRequest.model_validate(asked)
    shown_live = form.get("withdrawn") != "yes"
    try:
        made_again(briefing_id, context, visitor.caller, body, unless_withdrawn=shown_live)
    except OverrideRefused as error:
        return _withdrawn_meanwhile(error, briefing_id)
    return see_other(_back(form, briefing_id), "corrected" if corrects else "again")


@router.post("/briefings/{briefing_id}/segments/{segment}/anew")
def anew(briefing_id: BriefingId, segment: SegmentId, context: Here, visitor: Editing) -> Response:
    """Have one segment read anew, and nothing else."""
    body = schemas.RegenerateRequest.model_validate({"refetch": False, "segments": [segment]})
    try:
        made_again(briefing_id, context, visitor.caller, body, unless_withdrawn=True)
    except OverrideRefused as error:
        return _withdrawn_meanwhile(error, briefing_id)
    return see_other(f"{page_of(briefing_id)}?told=anew#s-{segment}")


@router.post("/briefings/{briefing_id}/publish")
def publish(briefing_id: BriefingId, context: Here, visitor: Editing, form: Form) -> Response:
    """Make what is held live: the revision that the page showed."""
    releases = form.get("release_hold") == "yes"
    body = schemas.PublishRequest(release_hold=releases, revision=number_of(form, "revision"))
    try:
        briefings.publish(briefing_id, context, visitor.caller, body)
    except Problem as error:
        return overtaken(error, briefing_id)
    return see_other(_back(form, briefing_id), "published")


@router.get("/briefings/{briefing_id}/retract")
def ask_to_retract(briefing_id: BriefingId, request: Request, context: Here, visitor: Editing) -> Response:
    """Ask whether it is to be withdrawn, since that cannot be taken back."""
    with context.database.reading() as session:
        work = worklist.one(session, briefing_row(session, briefing_id).id)
    return page(request, "retract.html", visitor, {"work": work})


@router.post("/briefings/{briefing_id}/retract")
def retract(briefing_id: BriefingId, context: Here, visitor: Editing) -> Response:
    """Withdraw it."""
    briefings.retract(briefing_id, context, visitor.caller)
    return see_other(page_of(briefing_id), "withdrawn")


def _withdrawn_meanwhile(error: OverrideRefused, briefing_id: str) -> Response:
    """Return what leads to the page as it is now: one that shows it as it was before brings nothing back."""
    if error.code != "withdrawn":
        raise error
    return see_other(page_of(briefing_id), "withdrawn_meanwhile")


def _back(form: dict[str, str], briefing_id: str) -> str:
    """Return the page to go to afterwards: the list that the button stood in, or the briefing."""
    return "/desk" if form.get("back") == "/desk" else page_of(briefing_id)
