"""`/v1/reports`: listeners tell of a word that was said wrongly; editors see what was told, and close it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from api.asking import named_show
from api.context import Context, Generator, Here, Reader
from api.pages import Pages
from api.problems import KEY_PROBLEMS, Problem, responses
from api.schemas import Text
from api.schemas import lexicon as schemas
from briefing.accounts import audit
from briefing.accounts.audit import Action
from briefing.pronunciations import radius, reports
from briefing.pronunciations.reports import Told

if TYPE_CHECKING:
    from briefing.pronunciations.reports import Report

router = APIRouter(prefix="/v1/reports", tags=["lexicon"])

ReportId = Annotated[str, Path(pattern="^[0-9a-f]{16}$", examples=["5f2b8c1e9a7d4036"])]

#: Text is sent without asking the server first; what it is may be said too.
_MEDIA = ("text/plain", "application/json")
_REPORT = schemas.WordReport.model_json_schema()


@router.post(
    "",
    status_code=204,
    summary="A word was said wrongly",
    response_class=Response,
    responses=responses("request_too_large", "rate_limited"),
    openapi_extra={
        "requestBody": {"required": True, "content": {media: {"schema": _REPORT} for media in _MEDIA}},
    },
)
async def report(request: Request, context: Here) -> Response:
    """For anybody's player. What makes no sense, or is not said in that audio, is left out without a word. Nothing is
    kept of who tells it.
    """
    address = context.rates.address_of(request)
    if not context.reporting.may_report(address):
        raise Problem("rate_limited", "too many reports from this address", headers={"Retry-After": "60"})
    body = await request.body()
    if len(body) > reports.MOST_BYTES:
        raise Problem("request_too_large", f"a report has at most {reports.MOST_BYTES:,} bytes")
    told = reports.parse(body) if context.audience.word_reports else None
    if told is not None and context.reporting.counts(address, told.article, told.word):
        await run_in_threadpool(_take, context, told)
    return Response(status_code=204)


def _take(context: Context, told: Report) -> None:
    with context.database.writing() as session:
        reports.take(session, told, datetime.now(UTC))


@router.get("", summary="Words that listeners reported", responses=responses(*KEY_PROBLEMS, "unknown_show"))
def listed(  # noqa: PLR0913  each a part of the question
    pages: Pages,
    context: Here,
    caller: Reader,  # noqa: ARG001  demands the scope
    state: Annotated[Literal["open", "closed"], Query()] = "open",
    show: Annotated[Text | None, Query()] = None,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> schemas.Reports:
    """By word and briefing; what most listeners told of first, then what most hear. Where there are more, `Link` names
    the page that follows.
    """
    with context.database.reading() as session:
        if show is not None:
            named_show(session, show)
        since = radius.since(datetime.now(UTC))
        found, _ = pages.cut(reports.listed(session, state, since, offset, limit + 1, show), offset, limit)
        return schemas.Reports(reports=[view(one) for one in found])


@router.post(
    "/{report_id}/close",
    summary="Close a report",
    responses=responses(*KEY_PROBLEMS, "unknown_report"),
    status_code=204,
)
def close(report_id: ReportId, context: Here, caller: Generator) -> None:
    """It is out of the way; it comes back if listeners report the word of newer audio."""
    now = datetime.now(UTC)
    with context.database.writing() as session:
        row = reports.close(session, report_id, caller.name, now)
        if row is None:
            raise Problem("unknown_report", f"there is no report {report_id!r}")
        audit.record(session, now, Action.REPORT_CLOSE, caller, briefing=row.briefing_id, detail=row.word)


def view(told: Told) -> schemas.ReportView:
    """Return a report as it is answered."""
    row = told.row
    return schemas.ReportView(
        id=row.id,
        word=row.word,
        count=row.count,
        state="open" if row.state == "open" else "closed",
        briefing=row.briefing_id,
        show=told.show,
        article=told.article,
        title=told.title,
        revision=row.revision,
        at_s=row.at_ms / 1000,
        plays=told.plays,
        first_at=row.first_at,
        last_at=row.last_at,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
    )
