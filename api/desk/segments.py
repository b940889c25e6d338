"""Segments at the desk: their takes, what an editor says instead, conflicts, comparisons, the way back.

Each change does what the API's route does, as that does it: one transaction with its audit row, by the user's name.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Path, Query, Request, Response
from pydantic import ValidationError

from api import schemas, segment_views, segments
from api.context import Context, Here
from api.desk.briefing import BriefingId, SegmentId, overtaken, page_of
from api.desk.forms import Form, number_of, text_of
from api.desk.pages import TOLD, desk_router, page, refusal, see_other
from api.desk.people import Editing, Viewing
from api.problems import Problem
from api.seeing import briefing_row
from briefing.editing.overrides import MOST_NOTE, MOST_SPOKEN
from briefing.errors import OverrideRefused
from briefing.observing import worklist

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from api.desk.people import Visitor
    from api.segment_views import Spoken
    from briefing.accounts.keys import Caller
    from briefing.errors import BriefcastError

router = desk_router()

TOLD.update(
    edited="It is being spoken so; the rest is kept, and what is live stays until then.",
    same="Nothing was changed.",
    restored="What is written is heard again.",
    settled="It is settled.",
    rolled_back="That revision is being published again.",
)

Number = Annotated[int, Query(ge=1, le=1_000_000)]

#: What helps an editor, by the code of a refusal, where the API's callers are told what to send.
_HINTS = {
    "spoken_empty": "Write what is to be said, or tick “Leave it out of the audio”.",
    "override_changed": "What you typed is kept here; save it to have it said in place of theirs.",
}


@router.get("/briefings/{briefing_id}/takes/{key}")
def take(
    briefing_id: BriefingId,
    key: Annotated[str, Path(pattern="^[0-9a-f]{64}$")],
    request: Request,
    context: Here,
    visitor: Viewing,  # noqa: ARG001
    revision: Number,
) -> Response:
    """A take, without music and mastering."""
    return segments.take_file(request, context, briefing_id, key, revision)


@router.get("/briefings/{briefing_id}/segments/{segment}/edit")
def edit(briefing_id: BriefingId, segment: SegmentId, request: Request, context: Here, visitor: Editing) -> Response:
    """The form in which a segment is edited: a part of the briefing's page, or a page of its own."""
    values = form_values(context, briefing_id, segment) | {"action": f"{page_of(briefing_id)}/segments/{segment}"}
    template = "edit_part.html" if "hx-request" in request.headers else "edit.html"
    return page(request, template, visitor, values)


@router.post("/briefings/{briefing_id}/segments/{segment}")
def change(
    briefing_id: BriefingId, segment: SegmentId, request: Request, context: Here, visitor: Editing, form: Form
) -> Response:
    """Have a segment heard otherwise; where that is refused, show the form with what was typed, and why."""
    try:
        told = changed(context, visitor.caller, briefing_id, segment, form)
    except (Problem, OverrideRefused) as error:
        return _shown_again(request, context, visitor, (briefing_id, segment), form, error)
    return see_other(f"{page_of(briefing_id)}?told={told}#s-{segment}")


@router.post("/briefings/{briefing_id}/segments/{segment}/restore")
def restore(
    briefing_id: BriefingId, segment: SegmentId, request: Request, context: Here, visitor: Editing, form: Form
) -> Response:
    """Take a change back."""
    try:
        segments.restore(briefing_id, segment, Response(), context, visitor.caller, form.get("seen") or None)
    except OverrideRefused as error:
        return _shown_again(request, context, visitor, (briefing_id, segment), form, error)
    return see_other(f"{page_of(briefing_id)}?told=restored#s-{segment}")


@router.post("/briefings/{briefing_id}/conflicts/{segment}")
def settle(briefing_id: BriefingId, segment: SegmentId, context: Here, visitor: Editing, form: Form) -> Response:
    """Keep or drop a change whose text is gone."""
    try:
        said = {"resolution": form.get("resolution", ""), "seen": form.get("seen")}
        body = schemas.SettleRequest.model_validate(said)
    except ValidationError as error:
        raise Problem("invalid_request", "Keep it or drop it.") from error
    try:
        segments.settle(briefing_id, segment, body, Response(), context, visitor.caller)
    except OverrideRefused as error:
        return overtaken(error, briefing_id)
    return see_other(page_of(briefing_id), "settled")


@router.get("/briefings/{briefing_id}/compare")
def compare(
    briefing_id: BriefingId,
    request: Request,
    context: Here,
    visitor: Viewing,
    before: Annotated[int, Query(alias="from", ge=1, le=1_000_000)],
    after: Annotated[int, Query(alias="to", ge=1, le=1_000_000)],
) -> Response:
    """Show what changed between two revisions, in words and in sound."""
    with context.database.reading() as session:
        row = briefing_row(session, briefing_id)
        sides = [spoken(session, row.id, number) for number in (before, after)]
        found = segment_views.comparison(sides[0], sides[1])
        work = worklist.one(session, row.id)
    changed_pairs = [pair for pair in found.segments if pair.change != "unchanged"]
    values = {"work": work, "found": found, "pairs": changed_pairs, "language": sides[1].script.language}
    return page(request, "compare.html", visitor, values)


@router.post("/briefings/{briefing_id}/rollback")
def roll_back(briefing_id: BriefingId, context: Here, visitor: Editing, form: Form) -> Response:
    """Have an earlier revision heard again."""
    number = number_of(form, "revision")
    if number is None:
        raise Problem("invalid_request", "Name a revision.")
    body = schemas.RollbackRequest(revision=number, release_hold=form.get("release_hold") == "yes")
    segments.roll_back(briefing_id, body, Response(), context, visitor.caller)
    return see_other(page_of(briefing_id), "rolled_back")


def _shown_again(
    request: Request,
    context: Context,
    visitor: Visitor,
    which: tuple[str, str],
    form: dict[str, str],
    error: Problem | BriefcastError,
) -> Response:
    """Return the form of a segment (briefing, segment) as `refused` has it, or a page that says that it is no more."""
    status, told, values = refused(context, which, form, error)
    if values is None:
        return page(request, "error.html", visitor, told, status)
    return page(request, "edit.html", visitor, values | {"action": f"{page_of(which[0])}/segments/{which[1]}"}, status)


def refused(
    context: Context, which: tuple[str, str], form: dict[str, str], error: Problem | BriefcastError
) -> tuple[int, dict[str, Any], dict[str, Any] | None]:
    """Return the status, what a page of errors tells, and what the form of a segment (briefing, segment) shows as it is
    now, with what was typed and why it was refused; None for the last where the segment is no more.
    """
    status, told, _ = refusal(error)
    told["hint"] = _HINTS.get(told["code"], told["hint"])
    try:
        values = form_values(context, *which)
    except Problem:
        return status, told | {"kept": form.get("spoken", "")}, None
    values["refusal"] = told
    if "spoken" in form:
        typed = {name: form.get(name, "") for name in ("spoken", "voice", "note")}
        values["filled"] = typed | {"omitted": form.get("omitted") == "yes"}
    return status, told, values


def spoken(session: Session, briefing_id: str, number: int | None) -> Spoken:
    """Return a revision with its takes at addresses of the desk. Raises Problem."""
    found = segment_views.spoken(session, briefing_id, number, "")
    return replace(found, base=page_of(briefing_id))


def form_values(context: Context, briefing_id: str, segment: str) -> dict[str, Any]:
    """Return what the form shows in which a segment is edited. Raises Problem for one that the newest script lacks."""
    with context.database.reading() as session:
        row = briefing_row(session, briefing_id)
        shown = spoken(session, row.id, None)
        told = segment_views.segments(session, shown)
        work = worklist.one(session, row.id)
    found = next((one for one in told.segments if one.id == segment), None)
    if found is None:
        raise Problem("unknown_segment", "The text has changed meanwhile.", "Load the briefing again.")
    override = found.override
    said = override.spoken if override and override.spoken is not None else found.spoken
    language = told.language.split("-")[0].lower()
    voices = [
        voice
        for voice in context.catalogue
        if voice.language.split("-")[0].lower() in {language, "mul"} or (override and override.voice == voice.id)
    ]
    return {
        "work": work,
        "segment": found,
        "override": override,
        "said": said,
        # What stands in the fields, which may be what was typed and refused.
        "filled": {
            "spoken": said,
            "voice": override.voice if override else None,
            "note": override.note if override else "",
            "omitted": bool(override and override.omitted),
        },
        "voices": voices,
        "language": told.language,
        "most_spoken": MOST_SPOKEN,
        "most_note": MOST_NOTE,
    }


def changed(context: Context, caller: Caller, briefing_id: str, segment: str, form: dict[str, str]) -> str:
    """Have a segment heard as a form says; return what the next page is to tell. Raises Problem, BriefcastError.

    What the form leaves as it was shown stays what it was: said as written, or as somebody said before.
    """
    said, shown = text_of(form, "spoken", MOST_SPOKEN), text_of(form, "shown", MOST_SPOKEN)
    before = form_values(context, briefing_id, segment)["override"]
    kept = before.spoken if before else None
    wanted = {
        "spoken": kept if said == shown else said,
        "voice": text_of(form, "voice", 128) or None,
        "omitted": form.get("omitted") == "yes",
        "note": text_of(form, "note", MOST_NOTE),
        "seen": form.get("seen", "")[:16],
    }
    now = (before.spoken, before.voice, before.omitted, before.note) if before else (None, None, False, "")
    if (wanted["spoken"], wanted["voice"], wanted["omitted"]) == (None, None, False):
        if before is None:
            return "same"
        segments.restore(briefing_id, segment, Response(), context, caller, str(wanted["seen"]) or None)
        return "restored"
    if now == (wanted["spoken"], wanted["voice"], wanted["omitted"], wanted["note"]):
        return "same"
    try:
        body = schemas.OverrideRequest.model_validate(wanted)
    except ValidationError as error:
        raise Problem("invalid_request", "The text cannot be taken.") from error
    segments.change(briefing_id, segment, body, Response(), context, caller)
    return "edited"
