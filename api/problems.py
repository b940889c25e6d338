"""Errors as RFC 9457 problems: one table of codes and statuses, one shape of answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from briefing.errors import BadInput, BriefcastError, DatabaseUnavailable, StorageUnavailable, Unavailable
from briefing.observing.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI, Request

#: Stable code -> (status, title); docs/errors.md says what to do about each.
PROBLEMS: dict[str, tuple[int, str]] = {
    "bad_request": (400, "The request cannot be understood"),
    "bad_article_id": (422, "Not an article ID"),
    "ambiguous_article_id": (422, "The article ID does not say which source"),
    "address_refused": (422, "The address is not one we fetch from"),
    "invalid_request": (422, "The request does not have the right form"),
    "too_many_articles": (422, "Too many articles for one briefing"),
    "missing_key": (401, "An API key is needed"),
    "bad_key": (401, "The API key is not valid"),
    "hook_refused": (401, "The webhook is not accepted"),
    "scope_missing": (403, "The API key may not do this"),
    "metrics_refused": (403, "The measures are not for everybody"),
    "unknown_voice": (422, "There is no such voice"),
    "unknown_source": (422, "There is no such source"),
    "unknown_show": (422, "There is no such show"),
    "unknown_segment": (422, "There is no such segment"),
    "override_refused": (422, "The segment cannot be changed so"),
    "spoken_empty": (422, "There is nothing to say in the spoken text"),
    "disclosure_kept": (422, "The disclosure stays as its show words it"),
    "lexicon_invalid": (422, "The pronunciation does not hold together"),
    "lexicon_changed": (409, "The pronunciation was changed since"),
    "unknown_respeak": (404, "There is no such respeak"),
    "unknown_sample": (404, "There is no such sample"),
    "unknown_report": (404, "There is no such report"),
    "user_refused": (422, "The user cannot be added or changed so"),
    "sign_in_refused": (403, "The desk does not let you in"),
    "provider_unavailable": (503, "The sign-in provider does not answer as it should"),
    "sign_in_needed": (401, "Sign in at the desk first"),
    "role_missing": (403, "The role may not do this"),
    "forgery_refused": (403, "The request did not come from a page of the desk"),
    "jingle_refused": (422, "The file cannot serve as a jingle"),
    "unknown_jingle": (404, "There is no such jingle"),
    "jingle_in_use": (409, "A show uses the jingle"),
    "storage_unavailable": (503, "The storage does not answer or takes no file"),
    "storage_full": (507, "The storage has no room for a file"),
    "unknown_briefing": (404, "There is no such briefing"),
    "unknown_revision": (404, "There is no such revision"),
    "no_override": (404, "Nobody changed the segment"),
    "no_take": (404, "There is no such take"),
    "no_audio": (404, "There is no audio for this article"),
    "address_over": (410, "The address has ended"),
    "unknown_listener": (404, "There is no such listener"),
    "withdrawn": (410, "The audio was withdrawn"),
    "not_found": (404, "There is nothing here"),
    "method_not_allowed": (405, "The method is not allowed here"),
    "idempotency_key_reused": (422, "The Idempotency-Key was used for another request"),
    "too_many_streams": (429, "The API key has too many streams of events open"),
    "rate_limited": (429, "Too many requests"),
    "quota_exceeded": (429, "The key's quota for today is spent"),
    "too_many_open": (429, "Too many bulk briefings of this key are being made"),
    "cost_not_confirmed": (409, "The cost of so much bulk work is to be known first"),
    "unknown_digest": (404, "There is no such digest"),
    "nothing_to_digest": (409, "There is no story for the digest"),
    "summaries_off": (409, "Summaries are not switched on"),
    "unknown_summary": (404, "There is no such summary"),
    "summary_changed": (409, "The summary is not what it was any more"),
    "summary_refused": (422, "The summary does not keep to its article"),
    "unknown_estimate": (404, "There is no such estimate"),
    "not_held": (409, "There is nothing held to publish"),
    "override_conflict": (409, "A change by hand is in conflict with the article's new text"),
    "override_changed": (409, "Somebody changed the segment meanwhile"),
    "no_conflict": (409, "There is no such conflict"),
    "not_restorable": (409, "The revision cannot be heard again"),
    "revision_changed": (409, "Another revision took its place meanwhile"),
    "nothing_to_hold": (409, "Nothing of the briefing is about to go live"),
    "not_scheduled": (409, "No time is set for the briefing"),
    "embargoed": (409, "Nothing of it may be public yet"),
    "unpublished": (409, "Its article is not public yet"),
    "sign_off_needed": (409, "A second person has to approve it first"),
    "own_work": (403, "Whoever made it cannot approve it"),
    "held_by_colleague": (409, "A colleague holds it"),
    "never_speak": (409, "It holds a name that must not be spoken"),
    "range_not_satisfiable": (416, "The audio has no such bytes"),
    "request_too_large": (413, "The request is too large"),
    "database_unavailable": (503, "The database does not answer"),
    "secret_unreadable": (503, "The key that unseals a secret is not at hand"),
    "internal_error": (500, "Something went wrong here"),
}

#: What every route with a key may answer.
KEY_PROBLEMS = ("missing_key", "bad_key", "scope_missing", "rate_limited")

#: What a failed revision's `error.code` may be -> what it means. An answer's own problem codes may stand there too.
FAILURES: dict[str, str] = {
    "article_not_found": "The source has no article of that ID",
    "article_empty": "Nothing was left to read after cleaning",
    "nothing_to_digest": "No story of the digest is live any more",
    "article_too_short": "Too little was left to read after cleaning",
    "article_behind_paywall": "The page shows only the beginning of the article",
    "article_too_long": "The article exceeds the limits on characters or chunks",
    "article_protected": "The article is protected by a password",
    "article_refused": "The article's site does not let us read it",
    "feed_unreadable": "The feed or sitemap cannot be read",
    "cms_key_refused": "The CMS does not accept the key that it was connected by",
    "page_too_large": "The page is larger than we read",
    "page_too_deep": "The page nests more deeply than a parser can be trusted with",
    "page_unreadable": "The page cannot be parsed within its limits",
    "media_type_refused": "The address is not a page of text",
    "invalid_settings": "A show's or source's settings do not hold together",
    "secret_unreadable": "The key that unseals the CMS's key was not at hand, five times over",
    "source_unavailable": "The article's source did not answer, five times over",
    "engine_unavailable": "The speech engine could not be used, five times over",
    "narrator_away": "A worker has another engine or model than the revision pinned; others are waited for",
    "engine_not_installed": "The speech engine or its voice is not on the worker's machine",
    "storage_unavailable": "The storage did not answer or took no file",
    "storage_full": "The storage had no room for a file",
    "take_rejected": "The engine's sound failed its check, three times over",
    "take_corrupt": "A stored take no longer matches its hash",
    "master_rejected": "The finished MP3 missed its loudness, true peak or length",
    "signing_invalid": "The certificate or key that should sign the audio cannot",
    "signing_unavailable": "The signing command or time-stamping authority did not answer, five times over",
    "signing_failed": "The finished MP3 could not be signed",
    "not_published_yet": "The published addresses do not answer as they should",
    "watermark_not_installed": "The watermark that the show asks for is not on the worker's machine",
    "watermark_missing": "The finished MP3 does not carry the watermark that the show asks for",
    "never_speak": "It holds a name that must not be spoken",
    "quota_exceeded": "The key's quota of characters does not allow it today",
    "budget_too_small": "Bulk work is more than its show's whole budget of a day or month",
    "worker_lost": "The worker vanished, three times over",
    "overdue": "It was not made before its deadline",
    "superseded": "A newer revision took its place",
}

#: Why a revision that is being made waits -> what it means. Its `waiting.code`.
WAITS: dict[str, str] = {
    "quiet_period": "Edits are waited for",
    "budget_spent": "The show's budget is spent; it goes on the next day or month",
    "quota_exceeded": "The key's quota for today is spent; it goes on the next day",
    "engine_paused": "The online engine refuses; it is tried again after a while",
    "engine_busy": "The online engine is used by others; its turn comes",
    "stands_back": "A worker was lost over a chunk of it: the others wait until that one has been spoken",
}

_MEDIA_TYPE = "application/problem+json"
_CONTENT = {_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}}

#: Seconds after which a caller may try again while the database or the storage is away.
_RETRY_AFTER_S = 5

_log = get_logger("api")

_BY_STATUS = {404: "not_found", 405: "method_not_allowed", 413: "request_too_large"}


class ProblemBody(BaseModel):
    """An error, as RFC 9457 writes it."""

    type: str = Field(examples=["/docs/errors#unknown_voice"])
    title: str = Field(examples=["There is no such voice"])
    status: int = Field(examples=[422])
    code: str = Field(examples=["unknown_voice"], description="Stable; branch on this.")
    detail: str = Field(examples=["there is no voice 'jo'"])
    hint: str = Field("", examples=["List the voices with GET /v1/voices."], description="What to do next.")


class Problem(Exception):
    """Raised by a route to answer with the problem of that code."""

    def __init__(self, code: str, detail: str, hint: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.code, self.detail, self.hint = code, detail, hint
        self.headers = headers


def answer(code: str, detail: str, hint: str = "", headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return the problem as a response."""
    status, title = PROBLEMS.get(code, (422, "The request cannot be carried out"))
    body = ProblemBody(type=f"/docs/errors#{code}", title=title, status=status, code=code, detail=detail, hint=hint)
    return JSONResponse(body.model_dump(), status, headers=headers, media_type=_MEDIA_TYPE)


def answer_error(error: BriefcastError) -> JSONResponse:
    """Return an error of ours as a response."""
    if isinstance(error, DatabaseUnavailable):
        # What is wrong with it is for the log and the operator, not for callers.
        _log.warning("database", code=error.code, message=error.message)
        return answer(error.code, "try again shortly", headers={"Retry-After": str(_RETRY_AFTER_S)})
    if isinstance(error, StorageUnavailable):
        # The same of paths and buckets.
        _log.warning("storage", code=error.code, message=error.message)
        return answer(error.code, "try again shortly", headers={"Retry-After": str(_RETRY_AFTER_S)})
    code = error.code if isinstance(error, BadInput | Unavailable) else "internal_error"
    return answer(code, error.message, error.hint)


def responses(*codes: str) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entries for a route that may answer with these problems."""
    by_status: dict[int | str, list[str]] = {}
    for code in codes:
        by_status.setdefault(PROBLEMS[code][0], []).append(code)
    return {
        status: {
            "description": " · ".join(f"`{code}`: {PROBLEMS[code][1]}" for code in found),
            "content": _CONTENT,
        }
        for status, found in by_status.items()
    }


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the app's OpenAPI with problems as they are sent: FastAPI's own shape of a 422 never is."""
    if app.openapi_schema is None:
        described = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
            license_info=app.license_info,
        )
        schemas = described["components"]["schemas"]
        schemas["ProblemBody"] = ProblemBody.model_json_schema()
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        for path in described["paths"].values():
            for operation in path.values():
                _describe_problems(operation)
        app.openapi_schema = described
    return app.openapi_schema


def _describe_problems(operation: dict[str, Any]) -> None:
    found = operation["responses"]
    if "application/json" in found.get("422", {}).get("content", {}):
        found |= {str(status): entry for status, entry in responses("invalid_request").items()}
    codes: tuple[str, ...] = ("bad_request", "request_too_large") if "requestBody" in operation else ()
    if "security" in operation:  # keys are in the database
        codes += ("database_unavailable",)
    for status, entry in responses(*codes).items():
        found.setdefault(str(status), entry)
    found["default"] = {"description": "Any other error, as a problem.", "content": _CONTENT}


def install(app: FastAPI) -> None:
    """Have every error of `app` answered as a problem."""

    @app.exception_handler(Problem)
    async def _problem(_: Request, error: Problem) -> JSONResponse:
        return answer(error.code, error.detail, error.hint, error.headers)

    @app.exception_handler(BriefcastError)
    async def _ours(_: Request, error: BriefcastError) -> JSONResponse:
        return answer_error(error)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors()
        )
        return answer("invalid_request", faults[:1000])

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> JSONResponse:
        return answer(_BY_STATUS.get(error.status_code, "bad_request"), str(error.detail), headers=error.headers)

    @app.exception_handler(Exception)
    async def _unforeseen(request: Request, _: Exception) -> JSONResponse:
        found = getattr(request.state, "request_id", "")
        return answer("internal_error", "the error is in the server's log", headers={"X-Request-ID": found})
