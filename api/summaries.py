"""`/v1/summaries`: what a model wrote of stories for digests, for editors to approve or decline."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Path, Query

from api import schemas
from api.context import Generator, Here, Publisher, Reader
from api.digests import DigestSlug
from api.pages import Pages
from api.problems import KEY_PROBLEMS, Problem, responses
from briefing.accounts import audit
from briefing.accounts.audit import Action
from briefing.digesting import digests, summaries
from briefing.models import SummaryRow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from briefing.accounts.keys import Caller

router = APIRouter(tags=["digests"])

SummaryId = Annotated[str, Path(pattern="^[0-9a-f]{16}$", examples=["5f2b8c1e9a7d4036"])]

#: Summaries of one answer.
MOST = 200

State = Literal["asked", "failed", "refused", "waiting", "approved", "declined", "void"]

_REFUSALS = (*KEY_PROBLEMS, "unknown_summary", "summary_changed")


@router.get("/v1/summaries", summary="Summaries", responses=responses(*KEY_PROBLEMS))
def list_summaries(
    pages: Pages,
    context: Here,
    caller: Reader,  # noqa: ARG001  demands the scope
    state: Annotated[State, Query()] = "waiting",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> list[schemas.SummaryView]:
    """Those in one state, the newest first. Where there are more, `Link` names the page that follows."""
    with context.database.reading() as session:
        found, _ = pages.cut(summaries.listed(session, [state], limit + 1, offset), offset, limit)
        return [view(row) for row in found]


@router.get("/v1/summaries/{summary}", summary="A summary beside its article", responses=responses(*_REFUSALS[:-1]))
def see(summary: SummaryId, context: Here, caller: Reader) -> schemas.SummaryView:  # noqa: ARG001
    """With the text that it is of, as long as that is live."""
    with context.database.reading() as session:
        row = session.get(SummaryRow, summary)
        if row is None:
            raise Problem("unknown_summary", f"there is no summary {summary!r}")
        return view(row, summaries.text_of(session, row))


@router.post(
    "/v1/digests/{slug}/summaries",
    status_code=202,
    summary="Have a digest's stories summarised now",
    responses=responses(*KEY_PROBLEMS, "unknown_digest", "summaries_off"),
)
def ask(slug: DigestSlug, context: Here, caller: Generator) -> schemas.SummariesAsked:
    """Those it would have now, each text once; those too of which the server gave no answer before. What comes back
    waits for an editor.
    """
    now = datetime.now(UTC)
    with context.database.writing() as session:
        digest, show = digests.find_digest(session, slug)
        if not context.summary.on:
            raise Problem("summaries_off", "no server is set", "Set BRIEFCAST_SUMMARY_ADDRESS and …_MODEL.")
        if not digest.summaries:
            hint = "Write `summaries = true` into it in briefcast.toml, and apply that."
            raise Problem("summaries_off", f"the digest {slug!r} has none", hint)
        first = digests.since(session, digest, digest.issue_of(now), now)
        asked = summaries.ask_for(session, digest, show, first, context.summary, now, again=True)
        audit.record(session, now, Action.SUMMARY_ASK, caller, detail=f"{slug}, {len(asked)} stories")
    return schemas.SummariesAsked(articles=asked)


@router.post(
    "/v1/summaries/{summary}/approve",
    summary="Approve a summary",
    responses=responses(*_REFUSALS, "summary_refused", "invalid_request"),
)
def approve(summary: SummaryId, body: schemas.SummaryApproval, context: Here, caller: Publisher) -> schemas.SummaryView:
    """From now on digests read it in place of the story's beginning, as long as the story says the same. Another
    wording is checked as the model's was.
    """
    now = datetime.now(UTC)
    with context.database.writing() as session:
        row = summaries.approve(session, summary, body.seen, body.text, caller.name, now)
        action = Action.SUMMARY_APPROVE if row.text_sha256 == body.seen else Action.SUMMARY_EDIT
        _note(session, action, row, caller, now)
        return view(row)


@router.post("/v1/summaries/{summary}/decline", summary="Decline a summary", responses=responses(*_REFUSALS))
def decline(summary: SummaryId, body: schemas.SummaryDecision, context: Here, caller: Publisher) -> schemas.SummaryView:
    """Its text is forgotten; the story's own beginning is read. Today's digests that read it are made again without."""
    now = datetime.now(UTC)
    with context.database.writing() as session:
        row = summaries.decline(session, summary, body.seen, caller.name, now)
        _note(session, Action.SUMMARY_DECLINE, row, caller, now)
        return view(row)


def view(row: SummaryRow, source: str | None = None) -> schemas.SummaryView:
    """Return a summary as it is answered."""
    told = (
        "id",
        "article",
        "state",
        "text",
        "text_sha256",
        "edited",
        "model",
        "created_at",
        "decided_at",
        "decided_by",
    )
    return schemas.SummaryView.model_validate(
        {name: getattr(row, name) for name in told}
        | {"briefing": row.briefing_id, "reasons": [str(reason) for reason in row.reasons], "source": source}
    )


def _note(session: Session, action: Action, row: SummaryRow, caller: Caller, now: datetime) -> None:
    audit.record(
        session, now, action, caller, briefing=row.briefing_id, detail=f"{row.article} sha256 {row.text_sha256}"
    )
