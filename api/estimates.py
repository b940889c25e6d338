"""`/v1/estimates`: what articles would cost, before they are asked for. Recorded here, measured by workers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Response
from pydantic import Field

from api import schemas
from api.asking import check_voice, named_articles, named_show
from api.context import Context, Generator, Here, Reader
from api.once import IdempotencyKey, Sent, once_named
from api.problems import KEY_PROBLEMS, Problem, responses
from briefing.hashing import stable_hash
from briefing.models import EstimateRow
from briefing.podcasts.shows import home_show
from briefing.requesting import estimates
from briefing.requesting.cost import Cost
from briefing.settings import WorkSettings

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

router = APIRouter(prefix="/v1/estimates", tags=["estimates"])

#: Articles of one estimate.
MOST_ARTICLES = 1000


EstimateId = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$", examples=["5f2b8c1e9a7d4036"])]


class EstimateRequest(schemas.Request):
    """Ask what articles would cost."""

    article_ids: list[schemas.Text] = Field(
        min_length=1, max_length=MOST_ARTICLES, description="As in `POST /v1/briefings`; each a story of its own."
    )
    show: schemas.Text | None = Field(None, description="By default that of the first article's source.")
    voice: schemas.Text | None = Field(None, description="By default the show's voices.")


@router.post(
    "",
    status_code=202,
    summary="Ask what articles would cost",
    responses=responses(
        *KEY_PROBLEMS, "unknown_voice", "unknown_source", "unknown_show", "bad_article_id", "idempotency_key_reused"
    ),
)
def ask(
    body: EstimateRequest,
    response: Response,
    context: Here,
    caller: Generator,
    idempotency_key: IdempotencyKey = None,
) -> schemas.Estimate:
    """Records the work and answers at once; follow `links.self` until its state is `ready`. Nothing is spoken."""
    if body.voice is not None:
        check_voice(body.voice, context)

    def work(session: Session, now: datetime) -> str:
        found = named_articles(session, body.article_ids)
        show = named_show(session, body.show or home_show(session, found[0][0].source))
        pairs = [(str(ref), address) for ref, address in found]
        return estimates.ask(session, pairs, show.slug, body.voice, caller.key_id, now).id

    def view_of(session: Session, estimate_id: str) -> schemas.Estimate:
        return _found(session, estimate_id, context)

    sent = Sent(caller, idempotency_key, stable_hash("estimate/1", body.model_dump(mode="json")))
    shown = once_named(context, sent, work, view_of)
    response.headers["Location"] = shown.links["self"]
    return shown


@router.get("/{estimate_id}", summary="See an estimate", responses=responses(*KEY_PROBLEMS, "unknown_estimate"))
def see(estimate_id: EstimateId, context: Here, caller: Reader) -> schemas.Estimate:  # noqa: ARG001  demands the scope
    """What has been measured so far."""
    with context.database.reading() as session:
        return _found(session, estimate_id, context)


def _found(session: Session, estimate_id: str, context: Context) -> schemas.Estimate:
    row = session.get(EstimateRow, estimate_id)
    if row is None:
        raise Problem("unknown_estimate", f"there is no estimate {estimate_id!r}")
    return _view(row, context)


def _view(row: EstimateRow, context: Context) -> schemas.Estimate:
    cost = Cost.model_validate(row.totals)
    workers = WorkSettings().workers
    return schemas.Estimate.model_validate(
        {
            **cost.model_dump(),
            "id": row.id,
            "state": row.state,
            "articles_asked": len(row.articles),
            "failed": [{"article": ref, "code": code} for ref, code in row.failed],
            "workers": workers,
            "wall_s": round(cost.cpu_s / workers, 1),
            "guessed": ["audio_s", "audio_to_speak_s", "cpu_s", "wall_s", "storage_bytes"],
            "links": {"self": f"{context.address}/v1/estimates/{row.id}"},
        }
    )
