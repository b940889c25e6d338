"""create_app(): the routes, the errors, the headers. Opens nothing until the first request."""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import APIRouter, FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates

from api import (
    articles,
    audience,
    audit,
    briefings,
    companions,
    digests,
    editions,
    embed,
    estimates,
    health,
    history,
    hooks,
    imports,
    jingles,
    lexicon,
    links,
    listeners,
    lookup,
    members,
    metrics,
    oembed,
    player,
    problems,
    published,
    reports,
    samples,
    segments,
    summaries,
)
from api.context import Context, from_settings
from api.desk import ROUTERS as DESK
from api.desk.people import check_desk
from api.elsewhere import check_elsewhere
from api.guard import check_guarded
from api.headers import BodyLimit, DatabaseTurns, OneLength, PublicCors, SecurityHeaders
from api.http_measures import Observed
from api.shortcut import Shortcut

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.responses import Response
    from starlette.routing import BaseRoute

_HERE = Path(__file__).parent
_templates = Jinja2Templates(_HERE / "templates")

_DESCRIPTION = """
Ask for the audio of articles by their IDs, follow it being made, make it again after a correction.

Everything readers and podcast apps fetch is public; all else needs an API key
(`Authorization: Bearer bc_…`, made with `briefcast keys create`). Errors are RFC 9457 problems with a stable `code`.
"""


def create_app(context: Context | None = None) -> FastAPI:
    """Return the app for `context`, by default the one the environment describes."""
    app = FastAPI(
        title="Briefcast",
        version="1",
        description=_DESCRIPTION,
        license_info={"name": "GPL-3.0-or-later", "identifier": "GPL-3.0-or-later"},
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        # A redirect to the path with or without its slash would be to whatever host the request names.
        redirect_slashes=False,
        lifespan=_lifespan,
    )
    context = context or from_settings()
    check_elsewhere(context)
    app.state.context = context
    problems.install(app)
    app.openapi = lambda: problems.describe(app)  # type: ignore[method-assign]
    app.router.routes.extend(_routes())
    app.mount("/static", StaticFiles(directory=_HERE / "static"))
    app.mount("/docs/assets", StaticFiles(directory=str(files("fastapi_offline") / "static")))
    app.add_api_route("/docs", _docs, include_in_schema=False)
    app.add_api_route("/docs/errors", _errors, include_in_schema=False)
    app.add_api_route("/", _front, include_in_schema=False)
    # Innermost, so that its answers carry what all others carry.
    app.add_middleware(Shortcut, context=context)
    app.add_middleware(PublicCors)
    app.add_middleware(DatabaseTurns)
    app.add_middleware(BodyLimit)
    app.add_middleware(OneLength)
    # Outermost but for the measures, so that what the others refuse carries the headers too.
    app.add_middleware(SecurityHeaders, https=context.address.startswith("https://"))
    app.add_middleware(Observed, measures=app.state.context.http_measures)
    check_guarded(app)
    check_desk(app)
    return app


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """Return all routes but those of the docs. What each of them demands and gives is worked out at length, and is
    the same for every app of a process.
    """
    together = APIRouter()
    for router in (
        briefings.router,
        segments.router,
        editions.router,
        articles.router,
        digests.router,
        summaries.router,
        estimates.router,
        jingles.router,
        links.router,
        imports.router,
        lexicon.router,
        samples.router,
        reports.router,
        published.router,
        audience.router,
        audit.router,
        history.router,
        companions.router,
        embed.router,
        player.router,
        lookup.router,
        oembed.router,
        health.router,
        metrics.router,
        members.router,
        listeners.router,
        *DESK,
        hooks.router,
    ):
        together.include_router(router)
    return tuple(together.routes)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Write down at the end what listeners did in the last second."""
    yield
    await run_in_threadpool(app.state.context.counting.close)


def _front() -> Response:
    return RedirectResponse("/docs")


def _errors(request: Request) -> Response:
    """What the `type` of a problem refers to."""
    values = {"problems": problems.PROBLEMS, "failures": problems.FAILURES}
    response = _templates.TemplateResponse(request, "errors.html", values)
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    return response


def _docs(request: Request) -> Response:
    """The API docs, from our own server: no CDN learns who reads them, and they work offline."""
    response = _templates.TemplateResponse(request, "docs.html")
    # Swagger UI sets styles on elements; scripts come from files only.
    response.headers["Content-Security-Policy"] = (
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    return response
