"""`POST /v1/briefings/{id}/links`: a link to send somebody, by which they do one thing without signing in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from api import schemas
from api.context import Context, Here, Publisher
from api.problems import KEY_PROBLEMS, Problem, responses
from api.seeing import ID, briefing_row
from briefing.accounts import action_links, audit
from briefing.accounts.action_links import LASTS, LONGEST, MOST_RECIPIENT, LinkAction
from briefing.accounts.audit import Action
from briefing.accounts.keys import Caller

router = APIRouter(prefix="/v1/briefings", tags=["briefings"])


class LinkRequest(schemas.Request):
    """For whom, and for what."""

    action: LinkAction = Field(description="The one thing it is for; all of them let listen.", examples=["fix"])
    recipient: schemas.Line = Field(
        min_length=1, max_length=MOST_RECIPIENT, description="Who gets it: what they do is written down by this name."
    )
    hours: int = Field(
        int(LASTS.total_seconds() // 3600),
        ge=1,
        le=int(LONGEST.total_seconds() // 3600),
        description="How long it holds.",
    )


class LinkView(BaseModel):
    """A link; it cannot be shown again."""

    id: str = Field(description="As audit rows name it.", examples=["l0a1b2c3"])
    address: str = Field(examples=["https://audio.example/desk/act/…"])
    expires_at: datetime


@router.post(
    "/{briefing_id}/links",
    status_code=201,
    summary="Make a link that acts",
    responses=responses(*KEY_PROBLEMS, "unknown_briefing"),
)
def make(
    briefing_id: Annotated[str, Path(pattern=f"^{ID}$")], body: LinkRequest, context: Here, caller: Publisher
) -> LinkView:
    """For a message to somebody who hears a mistake on the way: they listen, fix a word, have a paragraph spoken anew
    or withdraw the briefing, on a phone, without signing in. Opening it does nothing; what it does asks for a button.
    `withdraw` works once.
    """
    return made(context, caller, briefing_id, body.action, body.recipient, timedelta(hours=body.hours))


def made(
    context: Context, caller: Caller, briefing_id: str, action: LinkAction, recipient: str, lasts: timedelta
) -> LinkView:
    """Make a link, written down by whoever makes it. Raises Problem."""
    if not caller.may(action_links.demanded(action)):
        raise Problem("scope_missing", f"{caller.name!r} may not {action.value} and so can let nobody")
    now = datetime.now(UTC)
    with context.database.writing() as session:
        row = briefing_row(session, briefing_id)
        link, secret = action_links.make(session, row.id, action, recipient, caller.name, now, lasts)
        detail = f"{link.id} {action.value} for {recipient}"
        audit.record(session, now, Action.LINK_MAKE, caller, briefing=row.id, detail=detail)
    return LinkView(id=link.id, address=f"{context.address}/{action_links.path_of(secret)}", expires_at=link.ends_at)
