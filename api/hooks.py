"""`/v1/hooks/{source}`: what CMSes send when something changes. Open to whoever signs; verified, noted, answered.

Nothing is asked of the CMS here, and nothing follows here: the source's step is roused, and looks for itself. So what
comes twice, late or out of order does no harm. Never answers 410, on which Ghost forgets a webhook for ever.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from api.context import Context, Here
from api.problems import Problem, responses
from briefing.articles.addresses import address_id
from briefing.errors import AddressRefused, SecretUnreadable
from briefing.following import connections, hooks
from briefing.models import ConnectionRow
from briefing.observing.logs import get_logger
from briefing.podcasts.shows import listed_sources
from briefing.values import NAME_PATTERN

if TYPE_CHECKING:
    from briefing.following.hooks import Told
    from briefing.podcasts.newsroom import SourceSettings

router = APIRouter(tags=["sources"])

_log = get_logger("hooks")


class Accepted(BaseModel):
    """A webhook was accepted, now or before."""

    accepted: bool = True


@router.post(
    "/v1/hooks/{source}",
    status_code=202,
    summary="A webhook of a CMS",
    responses=responses("hook_refused", "rate_limited", "request_too_large", "invalid_request", "secret_unreadable"),
)
async def hook(
    source: Annotated[str, Path(pattern=f"^{NAME_PATTERN}$")],
    request: Request,
    context: Here,
    event: Annotated[str | None, Query(max_length=64, description="Of Ghost 5, which does not say it itself.")] = None,
) -> Accepted:
    """Signed as Ghost signs (`X-Ghost-Signature`), or as a Standard Webhook (`webhook-id`, `-timestamp`, `-signature`;
    `{"type": "article.updated", "data": {"id": …}}`), with the source's secret. Anything else is refused.
    """
    body = await request.body()
    try:
        await run_in_threadpool(_accept, source, request, body, event, context)
    except SecretUnreadable as error:
        # Not refused: it is our key that is missing, and who sends again loses nothing.
        context.http_measures.hook_refused(hooks.Refusal.SECRET_UNREADABLE)
        _log.error("webhooks cannot be verified", source=source, reason=error.message, hint=error.hint)
        headers = {"Retry-After": "60"}
        raise Problem("secret_unreadable", "the secret cannot be read just now", "Send it again.", headers) from error
    except hooks.HookRefused as error:
        context.http_measures.hook_refused(error.reason)
        if error.reason is hooks.Refusal.BODY:
            # Its signature is right, so what is wrong with it is its sender's to know.
            _log.warning("webhook refused", source=source, reason=str(error))
            raise Problem("invalid_request", str(error), "docs/cms.md has the form.") from error
        context.rates.without_key(request)
        # Not why: whoever guesses learns nothing, and who has the secret finds the reason in the log.
        _log.warning("webhook refused", source=source, reason=str(error))
        raise Problem("hook_refused", "the signature is missing, wrong or too old") from error
    return Accepted()


def _accept(source: str, request: Request, body: bytes, event: str | None, context: Context) -> None:
    now = time.time()
    with context.database.reading() as session:
        settings = listed_sources(session).get(source)
        secrets = connections.hook_secrets(session.get(ConnectionRow, source), datetime.fromtimestamp(now, UTC))
    if settings is None or not secrets:
        message = "there is no source of that name, or it has no secret"
        raise hooks.HookRefused(message, hooks.Refusal.UNKNOWN)
    article, told = None, None
    if settings.kind == "ghost" and "x-ghost-signature" in request.headers:
        old = bool(settings.options.get("body_only_signatures"))
        verified = hooks.verify_ghost(request.headers, body, event or "", secrets, now, body_only=old)
        article = hooks.read_ghost(body, event)
    else:
        verified = hooks.verify_standard(request.headers, body, secrets, now)
        told = hooks.read_standard(body, float(request.headers["webhook-timestamp"]))
        article = _named(told, settings) if told is not None else None
    moment = datetime.fromtimestamp(now, UTC)
    with context.database.writing() as session:
        connections.locked(session, source, moment)
        if connections.accept(session, source, verified.id, moment) and article is not None:
            connections.look_at(session, source, article, told=told)
            connections.rouse(session, source)


def _named(told: Told, settings: SourceSettings) -> str:
    """Return the ID of the article that was told of: its own, or, of a source of addresses, that of its address.

    Raises HookRefused.
    """
    if settings.kind not in {"http", "feed", "sitemap"} or (told.id is not None and settings.kind != "http"):
        if told.id is None:
            message = "data.id is missing"
            raise hooks.HookRefused(message)
        return told.id
    try:
        return address_id(told.address or "")
    except AddressRefused as error:
        message = "data.address is no web address"
        raise hooks.HookRefused(message) from error
