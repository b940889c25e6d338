"""`PUT /v1/articles/{source}/{id}/audio`: what a CMS calls whenever a story is saved. Safe to repeat."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Path, Response
from pydantic import Field

from api import quotas, schemas
from api.asking import read_request
from api.context import Generator, Here
from api.once import Asked, once
from api.problems import KEY_PROBLEMS, responses
from briefing import asking
from briefing.audit import Action
from briefing.models import ShowRow
from briefing.show import Paywall, Show
from briefing.values import NAME_PATTERN

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from briefing.models import RevisionRow

router = APIRouter(prefix="/v1/articles", tags=["briefings"])

Name = Annotated[str, Path(pattern=f"^{NAME_PATTERN}$")]


class SavedRequest(schemas.Request):
    """A story was saved."""

    show: schemas.Text | None = Field(None, description="Home show; by default the source's.")
    voice: schemas.Text | None = Field(None, description="By default the voices it has, or the show's.")
    priority: Literal["interactive", "bulk"] = "interactive"
    estimate: schemas.Text | None = Field(None, description="As in `POST /v1/briefings`, for bulk work.")
    confirm_cost: bool = Field(default=False, description="As in `POST /v1/briefings`, for bulk work.")
    visibility: schemas.Visibility | None = Field(None, description="As in `POST /v1/briefings`.")
    paywall: Paywall | None = Field(None, description="As in `POST /v1/briefings`.")


@router.put(
    "/{source}/{article}/audio",
    status_code=202,
    summary="Keep an article's audio up to date",
    responses={
        200: {"model": schemas.Briefing, "description": "A revision that is to be made will have this edit."},
        **responses(
            *KEY_PROBLEMS,
            "quota_exceeded",
            "too_many_open",
            "cost_not_confirmed",
            "unknown_source",
            "unknown_show",
            "unknown_voice",
            "bad_article_id",
        ),
    },
)
def saved(
    source: Name,
    article: Name,
    response: Response,
    context: Here,
    caller: Generator,
    body: SavedRequest | None = None,
) -> schemas.Briefing:
    """Makes the article's audio where there is none. Where it is live, the article is looked at when no further call
    came for the show's quiet period (30 s), or after its longest wait (5 min): many edits are one revision. What says
    the same ends as unchanged, and is neither spoken nor published.
    """
    wish = body or SavedRequest.model_validate({})
    request = schemas.BriefingRequest.model_validate({"article_ids": [f"{source}:{article}"], **wish.model_dump()})

    def work(session: Session, now: datetime) -> tuple[RevisionRow, int]:
        wanted = read_request(session, request, caller, context)
        quiet = Show.stored(session.get_one(ShowRow, wanted.show).settings).quiet
        revision, made = asking.edited(session, wanted, quiet, now)
        if made:
            quotas.admit_wanted(session, caller, request, wanted, context, now)
        return revision, 202 if made else 200

    shown, response.status_code = once(context, Asked(Action.SAVE, caller, None, ""), work)
    response.headers["Location"] = shown.links["self"]
    response.headers["Cache-Control"] = "no-store"
    return shown
