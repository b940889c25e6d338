"""`/v1/articles/{source}/{id}`: what a CMS calls whenever a story is saved, and editors' picks. Safe to repeat."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Path, Response
from pydantic import Field

from api import quotas, schemas
from api.asking import (
    check_openings,
    corrects,
    named_articles,
    named_show,
    read_correction,
    read_request,
    said_of_audience,
)
from api.context import Context, Generator, Here, Publisher
from api.once import Asked, once
from api.problems import KEY_PROBLEMS, responses
from briefing.accounts import audit
from briefing.accounts.audit import Action
from briefing.articles.picks import pick
from briefing.models import ShowRow
from briefing.podcasts.show import Paywall, Show
from briefing.requesting import asking
from briefing.values import NAME_PATTERN

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from briefing.accounts.keys import Caller
    from briefing.models import RevisionRow

router = APIRouter(prefix="/v1/articles", tags=["briefings"])

Name = Annotated[str, Path(pattern=f"^{NAME_PATTERN}$")]


class SavedRequest(schemas.Request):
    """A story was saved."""

    show: schemas.Text | None = Field(None, description="Home show; by default the source's.")
    voice: schemas.Text | None = Field(None, description="By default the voices it has, or the show's.")
    priority: Literal["interactive", "bulk"] = "interactive"
    estimate: schemas.Text | None = Field(None, description="As in `POST /v1/briefings`, for bulk work.")
    confirm_cost: schemas.Flag = Field(default=False, description="As in `POST /v1/briefings`, for bulk work.")
    labels: schemas.ArticleLabels | None = Field(None, description="What the story is filed under, for shows' rules.")
    visibility: schemas.Visibility | None = Field(None, description="As in `POST /v1/briefings`.")
    paywall: Paywall | None = Field(None, description="As in `POST /v1/briefings`.")
    embargo_until: schemas.Moment | None = Field(None, description=schemas.EMBARGO)
    replaces: schemas.Replaces | None = Field(None, description=schemas.REPLACES)
    correction: schemas.CorrectionRequest | None = Field(None, description=schemas.CORRECTION)


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
    the same ends as unchanged, and is neither spoken nor published. To make more public what is there already
    (`visibility`, `paywall`, `embargo_until`) takes the scope `publish`.
    """
    wish = body or SavedRequest.model_validate({})
    said = wish.model_dump(exclude_unset=True, exclude={"replaces", "correction"})
    request = schemas.BriefingRequest.model_validate({"article_ids": [f"{source}:{article}"], **said})
    is_correction = corrects(wish.replaces, wish.correction)

    def work(session: Session, now: datetime) -> tuple[RevisionRow, int]:
        wanted = read_request(session, request, caller, context)
        check_openings(session, wanted, caller)
        correction = read_correction(session, wish.correction, wanted.show, now)
        wanted = replace(wanted, corrects=is_correction, correction=correction)
        quiet = Show.stored(session.get_one(ShowRow, wanted.show).settings).quiet
        revision, made = asking.edited(session, wanted, quiet, now)
        if made:
            quotas.admit_wanted(session, caller, request, wanted, context, now)
        return revision, 202 if made else 200

    asked = Asked(Action.SAVE, caller, None, "", said_of_audience(request))
    shown, response.status_code = once(context, asked, work)
    response.headers["Location"] = shown.links["self"]
    response.headers["Cache-Control"] = "no-store"
    return shown


_PICK_PROBLEMS = responses(*KEY_PROBLEMS, "unknown_source", "unknown_show", "bad_article_id")


@router.put("/{source}/{article}/picks/{show}", summary="Pick an article for a show", responses=_PICK_PROBLEMS)
def pick_article(source: Name, article: Name, show: Name, context: Here, caller: Publisher) -> schemas.PicksView:
    """An editor's pick: the show lists the article's episode whatever its rules and its daily cap say, now or as soon
    as there is one. A show without rules lists its own episodes anyway, and no others.
    """
    return _picked(f"{source}:{article}", show, context, caller, wanted=True)


@router.delete("/{source}/{article}/picks/{show}", summary="Take a pick back", responses=_PICK_PROBLEMS)
def unpick_article(source: Name, article: Name, show: Name, context: Here, caller: Publisher) -> schemas.PicksView:
    """The show's rules decide again."""
    return _picked(f"{source}:{article}", show, context, caller, wanted=False)


def _picked(article: str, slug: str, context: Context, caller: Caller, *, wanted: bool) -> schemas.PicksView:
    with context.database.writing() as session:
        [(ref, _)] = named_articles(session, [article])
        show = named_show(session, slug)
        picks = pick(session, ref, show.slug, wanted=wanted)
        action = Action.PICK if wanted else Action.UNPICK
        audit.record(session, datetime.now(UTC), action, caller, detail=f"{ref} {show.slug}")
    return schemas.PicksView(article=str(ref), shows=picks)
