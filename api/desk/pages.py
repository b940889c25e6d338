"""How pages of the desk are made: templates, headers, messages, errors as pages. Knows no page of its own.

No page runs a script or takes a style that is not a file of ours, is framed, or is kept by a browser or a proxy.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from api.desk import words
from api.desk.people import SignInNeeded
from api.problems import FAILURES, PROBLEMS, WAITS, Problem
from briefing.errors import BriefcastError, DatabaseUnavailable, StorageUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from api.context import Context
    from api.desk.people import Visitor

#: What the top of each page leads to: address, words, and the role that sees it.
NAVIGATION: list[tuple[str, str, str]] = [
    ("/desk", "Work", "viewer"),
    ("/desk/lexicon", "Words", "viewer"),
    ("/desk/shows", "Shows", "viewer"),
    ("/desk/voices", "Voices", "viewer"),
    ("/desk/jingles", "Jingles", "viewer"),
    ("/desk/audience", "Audience", "viewer"),
    ("/desk/audit", "Audit", "admin"),
    ("/desk/users", "Users", "admin"),
]

#: What a page says after something was done, by the code in its address.
TOLD: dict[str, str] = {
    "signed_out": "You are signed out.",
}

_FOLDER = Path(__file__).parent.parent / "templates"

_environment = Environment(
    loader=FileSystemLoader(_FOLDER),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates = Jinja2Templates(env=_environment)

#: What Starlette's templates are given besides.
_environment.globals |= {
    "navigation": NAVIGATION,
    "failures": FAILURES,
    "waits": WAITS,
    "state_words": words.state_words,
    "role_words": words.role_words,
    "change_words": words.change_words,
    "moment_words": words.moment,
    "length": words.length,
}

#: U+0000 in an address: PostgreSQL refuses to look for it.
_NUL = "%00"

#: The page that makes words of whatever it is given.
_SEARCH = "/desk"

_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}


class DeskRoute(APIRoute):
    """A route that tells errors on a page, where the API's would answer with a problem as JSON."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler with errors told on a page."""
        handle = super().get_route_handler()

        async def handling(request: Request) -> Response:
            try:
                _demand_text(request)
                return await handle(request)
            except SignInNeeded as error:
                return await run_in_threadpool(_to_sign_in, request, error)
            except (Problem, BriefcastError, RequestValidationError, HTTPException) as error:
                return await run_in_threadpool(_refused, request, error)

        return handling


def desk_router() -> APIRouter:
    """Return a router for pages of the desk."""
    return APIRouter(prefix="/desk", include_in_schema=False, route_class=DeskRoute)


def page(
    request: Request,
    template: str,
    visitor: Visitor | None,
    values: Mapping[str, Any] | None = None,
    status: int = 200,
    *,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a page, or a part of one, for `visitor`; None for somebody who is not signed in."""
    context: Context = request.app.state.context
    told = TOLD.get(request.query_params.get("told", ""), "")
    given = {"visitor": visitor, "csrf": visitor.csrf if visitor else "", "told": told, "path": request.url.path}
    response = _templates.TemplateResponse(request, f"desk/{template}", given | dict(values or {}), status)
    response.headers.update(_HEADERS | dict(headers or {}))
    response.headers["Content-Security-Policy"] = _policy(context)
    return response


def see_other(address: str, told: str | None = None) -> Response:
    """Return what sends a browser on after a form, with what the next page is to say."""
    if told is not None:
        address += ("&" if "?" in address else "?") + urlencode({"told": told})
    return RedirectResponse(address, 303, headers={"Cache-Control": "no-store"})


def _demand_text(request: Request) -> None:
    """Raise Problem for an address that asks for what is no text."""
    if _NUL in request.url.query and request.url.path != _SEARCH:
        raise Problem("bad_request", "The address holds a character that is in no text.")


def _policy(context: Context) -> str:
    """The published MP3s and pictures may lie at another host, a CDN's say."""
    parts = (urlsplit(address) for address in (context.address, context.audio_at))
    places = " ".join(sorted({f"{part.scheme}://{part.netloc}" for part in parts}))
    return (
        f"default-src 'self'; img-src 'self' {places}; media-src 'self' {places} blob:; connect-src 'self' {places}; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


def _to_sign_in(request: Request, error: SignInNeeded) -> Response:
    if "hx-request" in request.headers:
        return Response(status_code=401, headers={"HX-Redirect": error.address, "Cache-Control": "no-store"})
    if error.typed:
        status, told, _ = refusal(error)
        return page(request, "error.html", None, told | {"kept": error.typed}, status)
    return RedirectResponse(error.address, 303, headers={"Cache-Control": "no-store"})


def refusal(error: Exception) -> tuple[int, dict[str, str], dict[str, str]]:
    """Return an error's status, what a page tells of it (`code`, `title`, `detail`, `hint`), and its headers."""
    code, detail, hint, headers = _said(error)
    status, title = PROBLEMS.get(code, (422, "This cannot be done"))
    return status, {"code": code, "title": title, "detail": detail, "hint": hint}, headers


def _refused(request: Request, error: Exception) -> Response:
    """Return the page that tells an error."""
    status, told, headers = refusal(error)
    template = "error_part.html" if "hx-request" in request.headers else "error.html"
    return page(request, template, None, told, status, headers=headers)


def _said(error: Exception) -> tuple[str, str, str, dict[str, str]]:
    """Return an error's code, what it says, what to do, and its headers."""
    match error:
        case Problem():
            return error.code, error.detail, error.hint, dict(error.headers or {})
        case DatabaseUnavailable() | StorageUnavailable():
            # What is wrong with it is for the log and the operator.
            return error.code, "Nothing was changed.", "Try again shortly.", {"Retry-After": "5"}
        case BriefcastError():
            return error.code, error.message, error.hint, {}
        case RequestValidationError():
            return "not_found", "there is nothing here", "", {}
        case _:
            status = getattr(error, "status_code", 400)
            return {404: "not_found", 405: "method_not_allowed"}.get(status, "bad_request"), "", "", {}
