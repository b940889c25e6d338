"""What became of a briefing, for everybody: straight from the published files, without the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

from api.context import Context, Here
from api.problems import Problem, responses
from api.published import Name, serve_small
from api.routes import get_and_head
from briefing.public_names import HISTORY_JSON_NAME, HISTORY_NAME, HISTORY_TYPES, briefing_folder, history_serving
from briefing.values import is_name

if TYPE_CHECKING:
    from typing import Any

router = APIRouter(tags=["published"])

#: As for transcripts: the page has a stricter policy inside, and both count.
_PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def _answers(name: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {HISTORY_TYPES[name]: {}}}, **responses("not_found", "withdrawn")}


@get_and_head(
    router,
    "/briefings/{briefing}/history",
    summary="What became of a briefing",
    response_class=Response,
    responses=_answers(HISTORY_NAME),
)
def page(briefing: Name, request: Request, context: Here) -> Response:
    """When it was published, updated and corrected, and how much of its words changed: a page to read."""
    response = _answer(request, context, briefing, HISTORY_NAME)
    response.headers["Content-Security-Policy"] = _PAGE_POLICY
    return response


@get_and_head(
    router,
    "/briefings/{briefing}/history.json",
    summary="What became of a briefing, as JSON",
    response_class=Response,
    responses=_answers(HISTORY_JSON_NAME),
)
def as_json(briefing: Name, request: Request, context: Here) -> Response:
    """The same as data: `kind` is `first`, `update`, `correction` or `withdrawal`."""
    return _answer(request, context, briefing, HISTORY_JSON_NAME)


def _answer(request: Request, context: Context, briefing: str, name: str) -> Response:
    missing = Problem("not_found", f"briefing {briefing!r} has no history")
    if not is_name(briefing):
        raise missing
    return serve_small(request, context, f"{briefing_folder(briefing)}/{name}", history_serving(name), missing)
