"""`/v1/briefings`: ask for audio, follow it, make it again, publish what is held."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from anyio import to_thread
from fastapi import APIRouter, Path, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from api import quotas, schemas, views
from api.asking import (
    check_openings,
    read_request,
    said_of_audience,
)
from api.context import Context, Generator, Here, Publisher, Reader
from api.going_live import published
from api.making_again import made_again
from api.once import Asked, IdempotencyKey, once
from api.problems import KEY_PROBLEMS, Problem, responses
from api.seeing import ID, Seen, briefing_row
from briefing import revisions
from briefing.accounts.audit import Action
from briefing.errors import DatabaseUnavailable
from briefing.failpoints import Failpoint, reach
from briefing.hashing import stable_hash
from briefing.models import RevisionRow
from briefing.requesting import asking
from briefing.states import ACTIVE, RevisionState

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy.orm import Session


router = APIRouter(prefix="/v1/briefings", tags=["briefings"])

#: Seconds between two looks at the database for a listener of events, and between two signs of life to it.
_LOOK_S = 0.3
_SIGN_OF_LIFE_S = 15.0

#: Seconds before the next look while the database is away.
_AWAY_S = 1.0

BriefingId = Annotated[str, Path(pattern=f"^{ID}$", examples=["5f2b8c1e9a7d4036"])]


@router.post(
    "",
    status_code=202,
    summary="Ask for the audio of articles",
    responses={
        200: {"model": schemas.Briefing, "description": "An equal revision is being made: it is shared."},
        **responses(
            *KEY_PROBLEMS,
            "unknown_voice",
            "unknown_source",
            "unknown_show",
            "bad_article_id",
            "idempotency_key_reused",
            "quota_exceeded",
            "too_many_open",
            "cost_not_confirmed",
        ),
    },
)
def ask(
    body: schemas.BriefingRequest,
    response: Response,
    context: Here,
    caller: Generator,
    idempotency_key: IdempotencyKey = None,
) -> schemas.Briefing:
    """Records the work and answers at once. An article that is unknown, empty or too long shows as the failed
    revision's `error.code`. Equal requests share one revision. Where audio is there already, the articles are looked at
    again: if they still say the same, that audio counts and nothing is made. To make more public what is there already
    (`visibility`, `paywall`, `embargo_until`) takes the scope `publish`.
    """
    beside = {"estimate", "confirm_cost"} | (set() if body.labels else {"labels"})
    beside |= {"embargo_until"} - body.model_fields_set
    fingerprint = stable_hash("request/1", body.model_dump(mode="json", exclude=beside))

    def work(session: Session, now: datetime) -> tuple[RevisionRow, int]:
        wanted = read_request(session, body, caller, context)
        check_openings(session, wanted, caller)
        revision, made = asking.request(session, wanted, now)
        if made:
            quotas.admit_wanted(session, caller, body, wanted, context, now)
        return revision, 202 if made else 200

    asked = Asked(Action.ASK, caller, idempotency_key, fingerprint, said_of_audience(body))
    shown, response.status_code = once(context, asked, work)
    reach(Failpoint.API_ASKED)
    response.headers["Location"] = shown.links["self"]
    return shown


@router.get(
    "/{briefing_id}",
    summary="See a briefing",
    response_model=schemas.Briefing,
    responses=responses(*KEY_PROBLEMS, "unknown_briefing"),
)
async def see(briefing_id: BriefingId, seen: Seen) -> Response:  # noqa: ARG001  checked here; no thread for it
    """State, progress and reasons of the newest revision, and what is live."""
    return Response(seen, media_type="application/json")


@router.get(
    "/{briefing_id}/script",
    summary="See the script",
    responses=responses(*KEY_PROBLEMS, "unknown_briefing", "unknown_revision"),
)
def see_script(briefing_id: BriefingId, context: Here, caller: Reader) -> schemas.ScriptView:  # noqa: ARG001
    """Every segment as written and as spoken, with its ID and its place in the audio, and what was dropped."""
    with context.database.reading() as session:
        revision = revisions.newest_revision(session, briefing_row(session, briefing_id).id)
        if revision is None or revision.script is None:
            raise Problem("unknown_revision", "its script is not written yet")
        return views.script(session, revision)


@router.post(
    "/{briefing_id}/regenerate",
    status_code=202,
    summary="Make the audio again",
    responses=responses(
        *KEY_PROBLEMS,
        "unknown_briefing",
        "unknown_voice",
        "unknown_segment",
        "idempotency_key_reused",
        "quota_exceeded",
    ),
)
def regenerate(
    briefing_id: BriefingId,
    response: Response,
    context: Here,
    caller: Generator,
    body: schemas.RegenerateRequest | None = None,
    idempotency_key: IdempotencyKey = None,
) -> schemas.Briefing:
    """Fetches the article again, rebuilds the script and speaks only what changed. The live audio stays until the new
    one has passed its checks. Equal requests at the same time share one revision.
    """
    body = body or schemas.RegenerateRequest.model_validate({})
    shown = made_again(briefing_id, context, caller, body, idempotency_key)
    response.headers["Location"] = shown.links["self"]
    return shown


@router.post(
    "/{briefing_id}/publish",
    status_code=202,
    summary="Publish what is held",
    responses=responses(
        *KEY_PROBLEMS,
        "unknown_briefing",
        "not_held",
        "revision_changed",
        "held_by_colleague",
        "override_conflict",
        "embargoed",
        "unpublished",
        "sign_off_needed",
        "never_speak",
        "idempotency_key_reused",
    ),
)
def publish(
    briefing_id: BriefingId,
    context: Here,
    caller: Publisher,
    body: schemas.PublishRequest | None = None,
    idempotency_key: IdempotencyKey = None,
) -> schemas.Briefing:
    """Makes a held revision live, before a time that was set too. Not before its embargo is over, nor before a second
    person has approved it where its show asks for one; nor while a colleague holds it, unless `release_hold` says so;
    nor another one than the `revision` that is named.
    """
    releases, seen = (body.release_hold, body.revision) if body is not None else (False, None)

    def work(session: Session, now: datetime) -> tuple[RevisionRow, int]:
        return published(session, briefing_id, caller, now, release_hold=releases, seen=seen), 202

    # As it was before either could be said, where it is not.
    said = [*([True] if releases else []), *([seen] if seen is not None else [])]
    fingerprint = stable_hash("publish/1", briefing_id, *said)
    shown, _ = once(context, Asked(Action.PUBLISH, caller, idempotency_key, fingerprint), work)
    reach(Failpoint.API_PUBLISHED)
    return shown


@router.post(
    "/{briefing_id}/retract",
    status_code=202,
    summary="Withdraw a briefing's audio",
    responses=responses(*KEY_PROBLEMS, "unknown_briefing", "idempotency_key_reused"),
)
def retract(
    briefing_id: BriefingId, context: Here, caller: Publisher, idempotency_key: IdempotencyKey = None
) -> schemas.Briefing:
    """Takes the audio out of feeds, pages and players, for good: every address of it answers 410, of earlier revisions
    too, and its bytes are erased. What is held or being made of it is given up. `regenerate` makes new audio.
    """

    def work(session: Session, now: datetime) -> tuple[RevisionRow, int]:
        return asking.retract(session, briefing_row(session, briefing_id).id, now), 202

    fingerprint = stable_hash("retract/1", briefing_id)
    shown, _ = once(context, Asked(Action.RETRACT, caller, idempotency_key, fingerprint), work)
    reach(Failpoint.API_RETRACTED)
    return shown


@router.get(
    "/{briefing_id}/events",
    summary="Follow a briefing",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/event-stream": {}}, "description": "Server-sent events `briefing`, one per change."},
        **responses(*KEY_PROBLEMS, "unknown_briefing", "too_many_streams"),
    },
)
async def follow(briefing_id: BriefingId, context: Here, caller: Reader) -> StreamingResponse:
    """Sends the briefing now and at every change, and ends when its newest revision is finished."""
    await run_in_threadpool(_demand_there, briefing_id, context)
    return context.streams.stream(caller.key_id, _events(briefing_id, context))


async def _events(briefing_id: str, context: Context) -> AsyncIterator[str]:
    def look() -> schemas.Briefing:
        with context.database.reading() as session:
            return views.briefing(session, briefing_row(session, briefing_id), context)

    lookers = context.lookers
    sent, quiet_s = "", 0.0
    while True:
        try:
            shown = await to_thread.run_sync(look, limiter=lookers)
        except DatabaseUnavailable:
            # The answer has begun: a listener waits for the database with us.
            yield ": the database is away\n\n"
            await asyncio.sleep(_AWAY_S)
            continue
        event = json.dumps(shown.model_dump(mode="json"))
        if event != sent:
            yield f"event: briefing\ndata: {event}\n\n"
            sent, quiet_s = event, 0.0
        elif quiet_s >= _SIGN_OF_LIFE_S:
            yield ": still here\n\n"
            quiet_s = 0.0
        if RevisionState(shown.state) not in ACTIVE:
            return
        await asyncio.sleep(_LOOK_S)
        quiet_s += _LOOK_S


def _demand_there(briefing_id: str, context: Context) -> None:
    with context.database.reading() as session:
        briefing_row(session, briefing_id)
