"""`/v1/estimates`: what articles would cost, before they are asked for. Recorded here, measured by workers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import Field

from api import schemas
from api.asking import check_voice, named_articles, named_show
from api.context import Context, Generator, Here, Reader
from api.problems import KEY_PROBLEMS, Problem, responses
from briefing.models import EstimateRow
from briefing.podcasts.shows import home_show
from briefing.requesting import estimates
from briefing.requesting.cost import Cost
from briefing.settings import WorkSettings

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
    responses=responses(*KEY_PROBLEMS, "unknown_voice", "unknown_source", "unknown_show", "bad_article_id"),
)
def ask(body: EstimateRequest, response: Response, context: Here, caller: Generator) -> schemas.Estimate:
    """Records the work and answers at once; follow `links.self` until its state is `ready`. Nothing is spoken."""
    if body.voice is not None:
        check_voice(body.voice, context)
    with context.database.writing() as session:
        found = named_articles(session, body.article_ids)
        show = named_show(session, body.show or home_show(session, found[0][0].source))
        pairs = [(str(ref), address) for ref, address in found]
        row = estimates.ask(session, pairs, show.slug, body.voice, caller.key_id, datetime.now(UTC))
        shown = _view(row, context)
    response.headers["Location"] = shown.links["self"]
    return shown


@router.get("/{estimate_id}", summary="See an estimate", responses=responses(*KEY_PROBLEMS, "unknown_estimate"))
def see(estimate_id: EstimateId, context: Here, caller: Reader) -> schemas.Estimate:  # noqa: ARG001  demands the scope
    """What has been measured so far."""
    with context.database.reading() as session:
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
