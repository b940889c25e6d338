"""`/desk/act/…`, what a link opens: one thing to do, without signing in; and `/desk/briefings/{id}/links`, to make one.

Opening a link changes nothing, since programmes that look at mail open links too: a button does. What is done by it is
written down by the name it was made for. The secret in the address stands for the session's token; that the request
comes from a page of ours is checked as for all others.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Path, Request, Response

from api import briefings, links, schemas, segment_views
from api.context import Context, Here
from api.desk.briefing import BriefingId, audio_file, audio_of, page_of
from api.desk.forms import Form, text_of
from api.desk.pages import TOLD, desk_router, page, see_other
from api.desk.people import Editing, Visitor, demand_own_page
from api.desk.segments import changed, form_values, refused, spoken
from api.problems import Problem
from api.seeing import briefing_row
from briefing.accounts import action_links, audit
from briefing.accounts.action_links import LASTS, LONGEST, MOST_RECIPIENT, ActionLink, LinkAction
from briefing.accounts.audit import Action
from briefing.errors import OverrideRefused
from briefing.limits import limits_of
from briefing.observing import worklist

if TYPE_CHECKING:
    from collections.abc import Mapping

router = desk_router()

TOLD.update(link_ended="The link opens nothing any more.")

Secret = Annotated[str, Path(pattern="^[A-Za-z0-9_-]{43}$")]

#: Links that a page lists, the newest.
_MOST = 50

_LONGEST_H = int(LONGEST.total_seconds() // 3600)


@router.get("/act/{secret}")
def open_link(request: Request, context: Here, secret: Secret, segment: str = "") -> Response:
    """Show what a link is for. Does nothing."""
    link = _link(request, context, secret)
    if link.action is LinkAction.FIX and segment:
        return _fix_page(request, link, secret, form_values(context, link.briefing, segment))
    return page(request, "act.html", None, _values(context, link, secret))


@router.post("/act/{secret}")
def act(request: Request, context: Here, secret: Secret, form: Form, segment: str = "") -> Response:
    """Do what a link is for."""
    demand_own_page(request, context)
    link = _link(request, context, secret)
    segment = segment or form.get("segment", "")
    told = {"fix": _fix, "respeak": _respeak, "withdraw": _withdraw}.get(link.action.value, _listen)
    try:
        said = told(context, link, segment, form)
    except (Problem, OverrideRefused) as error:
        if link.action is not LinkAction.FIX:
            raise
        status, page_told, values = refused(context, (link.briefing, segment), form, error)
        if values is None:
            return page(request, "error.html", None, page_told, status)
        return _fix_page(request, link, secret, values, status)
    return page(request, "act.html", None, _values(context, link, secret) | {"told": said, "done": True})


@router.get("/act/{secret}/audio.mp3")
def audio(request: Request, context: Here, secret: Secret) -> Response:
    """What the link's briefing sounds like: the newest that is finished, published or not."""
    link = _link(request, context, secret)
    return audio_file(context, link.briefing, None)


@router.get("/briefings/{briefing_id}/links")
def show(briefing_id: BriefingId, request: Request, context: Here, visitor: Editing) -> Response:
    """Show the links of a briefing and the form to make one."""
    return _links_page(request, context, visitor, briefing_id, None)


@router.post("/briefings/{briefing_id}/links")
def make(briefing_id: BriefingId, request: Request, context: Here, visitor: Editing, form: Form) -> Response:
    """Make a link and show it: once, here."""
    recipient, hours = text_of(form, "recipient", MOST_RECIPIENT), form.get("hours", "")
    if not recipient or not recipient.isprintable():
        raise Problem("invalid_request", "Say for whom it is, on one line.")
    try:
        action, lasts = LinkAction(form.get("action", "")), timedelta(hours=min(_LONGEST_H, max(1, int(hours[:4]))))
    except ValueError as error:
        raise Problem("invalid_request", "Say what it is for, and for how many hours.") from error
    made = links.made(context, visitor.caller, briefing_id, action, recipient, lasts)
    return _links_page(request, context, visitor, briefing_id, made)


@router.post("/briefings/{briefing_id}/links/{link}/end")
def end(
    briefing_id: BriefingId, link: Annotated[str, Path(pattern="^l[0-9a-f]{7}$")], context: Here, visitor: Editing
) -> Response:
    """End a link."""
    now = datetime.now(UTC)
    with context.database.writing() as session:
        if not action_links.end(session, briefing_id, link, now):
            raise Problem("not_found", "The briefing has no such link.")
        audit.record(session, now, Action.LINK_END, visitor.caller, briefing=briefing_id, detail=link)
    return see_other(f"{page_of(briefing_id)}/links", "link_ended")


def _link(request: Request, context: Context, secret: str) -> ActionLink:
    """Return the link of that secret. Raises Problem for one that is over, or none."""
    with context.database.reading() as session:
        link = action_links.find(session, secret)
    if link is None or link.is_over(datetime.now(UTC)):
        context.rates.without_key(request)
        raise Problem("address_over", "This link has been used, has ended, or never was.", "Ask for another.")
    context.rates.with_key(request, link.id, context.quotas.requests_a_minute)
    return replace(link, limits=limits_of(None, context.quotas))


def _values(context: Context, link: ActionLink, secret: str) -> dict[str, Any]:
    with context.database.reading() as session:
        row = briefing_row(session, link.briefing)
        work = worklist.one(session, row.id)
        try:
            shown = spoken(session, row.id, None)
            view = segment_views.segments(session, shown)
        except Problem:
            view = None
        there = audio_of(session, row.id, None) is not None
    cues = {one.id: (one.start_s, one.end_s) for one in view.segments} if view else {}
    return {"link": link, "secret": secret, "work": work, "view": view, "cues": cues, "there": there, "done": False}


def _fix_page(request: Request, link: ActionLink, secret: str, values: dict[str, Any], status: int = 200) -> Response:
    more = {"link": link, "secret": secret, "action": f"/desk/act/{secret}?segment={values['segment'].id}"}
    return page(request, "act_fix.html", None, values | more, status)


def _listen(context: Context, link: ActionLink, segment: str, form: Mapping[str, str]) -> str:  # noqa: ARG001
    raise Problem("method_not_allowed", "This link is for listening.")


def _fix(context: Context, link: ActionLink, segment: str, form: dict[str, str]) -> str:
    told = changed(context, link.caller, link.briefing, segment, form)
    _used(context, link)
    return TOLD[told]


def _respeak(context: Context, link: ActionLink, segment: str, form: Mapping[str, str]) -> str:  # noqa: ARG001
    body = schemas.RegenerateRequest.model_validate({"refetch": False, "segments": [segment]})
    briefings.regenerate(link.briefing, Response(), context, link.caller, body)
    _used(context, link)
    return TOLD["anew"]


def _withdraw(context: Context, link: ActionLink, segment: str, form: Mapping[str, str]) -> str:  # noqa: ARG001
    # Used up first: of two who press at once, one does it.
    if not _used(context, link):
        raise Problem("address_over", "This link has been used.", "Ask for another.")
    try:
        briefings.retract(link.briefing, context, link.caller)
    except Exception:
        with context.database.writing() as session:
            action_links.unuse(session, link.id)
        raise
    return TOLD["withdrawn"]


def _used(context: Context, link: ActionLink) -> bool:
    with context.database.writing() as session:
        return action_links.use(session, link.id, datetime.now(UTC))


def _links_page(
    request: Request, context: Context, visitor: Visitor, briefing_id: str, made: links.LinkView | None
) -> Response:
    with context.database.reading() as session:
        work = worklist.one(session, briefing_row(session, briefing_id).id)
        found = action_links.listed(session, briefing_id, _MOST)
    now = datetime.now(UTC)
    values = {
        "work": work,
        "made": made,
        "links": [(link, link.is_over(now)) for link in found],
        "actions": list(LinkAction),
        "hours": int(LASTS.total_seconds() // 3600),
        "longest_h": _LONGEST_H,
        "most": MOST_RECIPIENT,
    }
    return page(request, "links.html", visitor, values)
