"""Who listens: players report to `/v1/plays`, podcast apps pass `/listen/…`, and `/v1/audience` has the figures.

What comes in is buffered and answered at once (`api.counting`); neither route asks the database anything.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import PlainTextResponse, RedirectResponse

from api import schemas
from api.context import Analyst, Here
from api.downloads import Download, passed_on
from api.pages import Pages
from api.problems import KEY_PROBLEMS, Problem, responses
from api.published import Name
from api.ranges import asked
from api.routes import get_and_head
from briefing.audience import events, figures
from briefing.audience.figures import Question
from briefing.models import ShowRow
from briefing.public_names import audio_name, audio_sha256
from briefing.values import NAME_PATTERN, is_name

if TYPE_CHECKING:
    from briefing.audience.figures import Figures

router = APIRouter(tags=["audience"])

#: Days that are told of where none are asked for.
_DAYS = 30

#: Bytes of the longest audio there may be: the redirect does not look how long this one is.
_ANY_SIZE = 1 << 40

#: `sendBeacon` sends text without asking the server first; `fetch` may say what it is.
_MEDIA = ("text/plain", "application/json")
_REPORT = schemas.PlaysReport.model_json_schema()

Since = Annotated[date | None, Query(description="First day (UTC); by default thirty days back")]
Until = Annotated[date | None, Query(description="Last day (UTC); by default today")]


@router.post(
    "/v1/plays",
    status_code=204,
    summary="What a player has played",
    response_class=Response,
    responses=responses("request_too_large", "rate_limited"),
    openapi_extra={
        "requestBody": {"required": True, "content": {media: {"schema": _REPORT} for media in _MEDIA}},
    },
)
async def plays(request: Request, context: Here) -> Response:
    """For anybody's player, as `navigator.sendBeacon` sends it. What makes no sense is left out without a word; a
    stretch reported twice counts once.
    """
    address = context.rates.address_of(request)
    if not context.counting.may_report(address):
        raise _too_many()
    body = await request.body()
    if len(body) > events.MOST_BYTES:
        raise Problem("request_too_large", f"a report has at most {events.MOST_BYTES:,} bytes")
    heard, nonsense = events.parse(body)
    # The first one is paid for.
    if len(heard) > 1 and not context.counting.may_report(address, len(heard) - 1):
        raise _too_many()
    if context.audience.plays:
        context.counting.plays(heard, nonsense, request.headers)
    return Response(status_code=204)


def _too_many() -> Problem:
    return Problem("rate_limited", "too many reports from this address", headers={"Retry-After": "60"})


@get_and_head(
    router,
    "/listen/{show}/{name}",
    summary="An MP3, counted",
    status_code=302,
    response_class=RedirectResponse,
    responses=responses("not_found"),
)
async def listen(
    show: Annotated[str, Path(pattern=f"^{NAME_PATTERN}$")],
    name: str,
    request: Request,
    context: Here,
    download: Download = None,
) -> Response:
    """Redirects to `/audio/{sha256}.mp3`, and counts who asks; kept by no cache. Needs neither database nor storage."""
    sha256 = audio_sha256(f"audio/{name}")
    if sha256 is None or not is_name(show):
        raise Problem("not_found", "there is no such audio")
    if request.method == "GET":
        context.counting.request(sha256, show, asked_spans(request), context.rates.address_of(request), request.headers)
    address = passed_on(f"{context.audio_at}/{audio_name(sha256)}", download)
    return RedirectResponse(address, status_code=302, headers={"Cache-Control": "no-store"})


def asked_spans(request: Request) -> tuple[tuple[int, int], ...] | None:
    """Return the bytes that a request asks for; None for all of them. Of a suffix, whose bytes depend on how many there
    are, nothing is known.
    """
    given = request.headers.get("range", "")[:500]
    if "-" in given and given.replace(" ", "").partition("=")[2].startswith("-"):
        return ()
    found = asked(given, _ANY_SIZE) if given else None
    return None if found is None else tuple((span.start, span.end) for span in found)


@router.get(
    "/v1/audience",
    summary="Audience figures",
    response_model=schemas.AudienceView,
    responses={
        200: {"content": {"text/csv": {}}},
        **responses("invalid_request", "unknown_show", *KEY_PROBLEMS),
    },
)
def audience(
    pages: Pages,
    context: Here,
    caller: Analyst,  # noqa: ARG001  demands the scope
    query: Annotated[schemas.AudienceQuestion, Query()],
) -> Response | schemas.AudienceView:
    """Plays, listening time by quarter, completion and downloads, by day, article or show. Figures are a few seconds
    old. Where there are more rows than were asked for, `Link` names the page that follows.
    """
    first, last = _days(query.since, query.until)
    question = Question(first, last, query.show, query.article, query.by, query.offset, query.limit + 1)
    with context.database.reading() as session:
        # One that is listed no more has its figures still.
        if query.show is not None and session.get(ShowRow, query.show) is None:
            raise Problem("unknown_show", f"there never was a show {query.show!r}")
        found, following = pages.cut(figures.rows(session, question), query.offset, query.limit)
        total = figures.totals(session, question)
    if query.format == "csv":
        name = f"audience-{first}-{last}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', **pages.headers}
        return PlainTextResponse(figures.as_csv(found), media_type="text/csv", headers=headers)
    return schemas.AudienceView(
        since=first,
        until=last,
        by=query.by.value,
        totals=_counts(total),
        rows=[_row(row) for row in found],
        next=following,
    )


@router.get(
    "/v1/audience/{source}/{article}",
    summary="Where an article was listened to",
    responses=responses("invalid_request", *KEY_PROBLEMS),
)
def article_audience(
    source: Name,
    article: Name,
    context: Here,
    caller: Analyst,  # noqa: ARG001  demands the scope
    since: Since = None,
    until: Until = None,
) -> schemas.ArticleAudienceView:
    """By revision and show: of each hundredth of the audio, which share of plays heard it."""
    first, last = _days(since, until)
    with context.database.reading() as session:
        found = figures.curves(session, f"{source}:{article}", first, last)
    curves = [schemas.CurveView.model_validate(curve, from_attributes=True) for curve in found]
    return schemas.ArticleAudienceView(article=f"{source}:{article}", since=first, until=last, curves=curves)


def _days(since: date | None, until: date | None) -> tuple[date, date]:
    last = until or datetime.now(UTC).date()
    first = since or max(date.min + timedelta(days=_DAYS), last) - timedelta(days=_DAYS - 1)
    if first > last:
        raise Problem("invalid_request", f"since: {first} is after until, {last}")
    return first, last


def _counts(one: Figures) -> schemas.CountsView:
    return schemas.CountsView.model_validate(one, from_attributes=True)


def _row(one: Figures) -> schemas.FiguresView:
    return schemas.FiguresView.model_validate(one, from_attributes=True)
