"""`/v1/briefings`: ask for audio, follow it, make it again, publish what is held."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from anyio import to_thread
from fastapi import APIRouter, Header, Path, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from api import schemas, views
from api.asking import check_voice, read_request
from api.context import Context, Generator, Here, Publisher, Reader
from api.problems import Problem, responses
from briefing import asking, revisions, steps
from briefing.hashing import stable_hash
from briefing.models import BriefingRow, IdempotencyRow
from briefing.rows import add_unless_there
from briefing.states import ACTIVE, Queue, RevisionState, StepKind

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy.orm import Session

    from briefing.keys import Caller

router = APIRouter(prefix="/v1/briefings", tags=["briefings"])

#: Seconds between two looks at the database for a listener of events, and between two signs of life to it.
_LOOK_S = 0.3
_SIGN_OF_LIFE_S = 15.0

BriefingId = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$", examples=["5f2b8c1e9a7d4036"])]
IdempotencyKey = Annotated[
    str | None,
    Header(max_length=255, description="Repeat safely: the same key and body name the same briefing."),
]
_AUTH = ("missing_key", "bad_key", "scope_missing")


@router.post(
    "",
    status_code=202,
    summary="Ask for the audio of articles",
    responses={
        200: {"model": schemas.Briefing, "description": "An equal revision is being made: it is shared."},
        **responses(
            *_AUTH, "unknown_voice", "unknown_source", "unknown_show", "bad_article_id", "idempotency_key_reused"
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
    again: if they still say the same, that audio counts and nothing is made.
    """
    fingerprint = stable_hash("request/1", body.model_dump(mode="json"))
    with context.database.writing() as session:
        answered = _answered(session, caller, idempotency_key, fingerprint)
        if answered is None:
            wanted = read_request(session, body, caller, context)
            revision, made = asking.request(session, wanted, datetime.now(UTC))
            answered = revision.briefing_id, 202 if made else 200
            if idempotency_key is not None:
                answered = _remember(session, caller, idempotency_key, fingerprint, answered)
        row, status = session.get_one(BriefingRow, answered[0]), answered[1]
        shown = views.briefing(session, row, context)
    response.status_code = status
    response.headers["Location"] = shown.links["self"]
    return shown


def _answered(session: Session, caller: Caller, key: str | None, fingerprint: str) -> tuple[str, int] | None:
    """Return what an equal request was answered with: the briefing's ID and the status."""
    row = session.get(IdempotencyRow, (caller.key_id, key)) if key is not None else None
    if row is None:
        return None
    if row.fingerprint != fingerprint:
        raise Problem("idempotency_key_reused", f"the key {row.idempotency_key[:60]!r} was used with another body",
                      "Use a new key.")  # fmt: skip
    return row.briefing_id, row.status


def _remember(
    session: Session, caller: Caller, key: str, fingerprint: str, answered: tuple[str, int]
) -> tuple[str, int]:
    """Note what is answered; where another request with the key came first, that one's answer counts."""
    briefing_id, status = answered
    new = add_unless_there(
        session,
        IdempotencyRow,
        key_id=caller.key_id,
        idempotency_key=key,
        fingerprint=fingerprint,
        briefing_id=briefing_id,
        status=status,
        created_at=datetime.now(UTC),
    )
    return answered if new else _answered(session, caller, key, fingerprint) or answered


@router.get(
    "/{briefing_id}",
    summary="See a briefing",
    response_model=schemas.Briefing,
    responses=responses(*_AUTH, "unknown_briefing"),
)
def see(briefing_id: BriefingId, context: Here, caller: Reader) -> Response:  # noqa: ARG001  demands the scope
    """State, progress and reasons of the newest revision, and what is live."""
    with context.database.reading() as session:

        def made() -> bytes:
            return views.briefing(session, _row(session, briefing_id), context).model_dump_json().encode()

        return Response(context.shown.get(session, briefing_id, made), media_type="application/json")


@router.get("/{briefing_id}/script", summary="See the script", responses=responses(*_AUTH, "unknown_briefing"))
def see_script(briefing_id: BriefingId, context: Here, caller: Reader) -> schemas.ScriptView:  # noqa: ARG001
    """Every segment as written and as spoken, with its ID and its place in the audio, and what was dropped."""
    with context.database.reading() as session:
        revision = revisions.newest_revision(session, _row(session, briefing_id).id)
        if revision is None or revision.script is None:
            raise Problem("unknown_briefing", "its script is not written yet")
        return views.script(session, revision)


@router.post(
    "/{briefing_id}/regenerate",
    status_code=202,
    summary="Make the audio again",
    responses=responses(*_AUTH, "unknown_briefing", "unknown_voice", "unknown_segment"),
)
def regenerate(
    briefing_id: BriefingId,
    response: Response,
    context: Here,
    caller: Generator,
    body: schemas.RegenerateRequest | None = None,
) -> schemas.Briefing:
    """Fetches the article again, rebuilds the script and speaks only what changed. The live audio stays until the new
    one has passed its checks. Equal requests at the same time share one revision.
    """
    body = body or schemas.RegenerateRequest.model_validate({})
    if body.voice is not None:
        check_voice(body.voice, context)
    again = asking.Again(body.voice, body.refetch, tuple(body.segments), caller.name)
    with context.database.writing() as session:
        row = _row(session, briefing_id)
        asking.regenerate(session, row, again, datetime.now(UTC))
        shown = views.briefing(session, row, context)
    response.headers["Location"] = shown.links["self"]
    return shown


@router.post(
    "/{briefing_id}/publish",
    status_code=202,
    summary="Publish what is held",
    responses=responses(*_AUTH, "unknown_briefing", "not_held"),
)
def publish(briefing_id: BriefingId, context: Here, caller: Publisher) -> schemas.Briefing:  # noqa: ARG001
    """Makes a held revision live. Only shows with `publish = "hold"` hold their audio."""
    with context.database.writing() as session:
        row = revisions.lock_briefing(session, _row(session, briefing_id).id)
        revision = revisions.held_revision(session, row.id)
        if revision is None:
            raise Problem("not_held", "no revision of this briefing is held")
        revisions.move(revision, RevisionState.PUBLISHING, datetime.now(UTC))
        steps.record(session, StepKind.PUBLISH, Queue.INTERACTIVE, revision_id=revision.id)
        session.flush()
        return views.briefing(session, row, context)


@router.get(
    "/{briefing_id}/events",
    summary="Follow a briefing",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/event-stream": {}}, "description": "Server-sent events `briefing`, one per change."},
        **responses(*_AUTH, "unknown_briefing"),
    },
)
async def follow(briefing_id: BriefingId, context: Here, caller: Reader) -> StreamingResponse:
    """Sends the briefing now and at every change, and ends when its newest revision is finished."""
    await run_in_threadpool(see, briefing_id, context, caller)
    return StreamingResponse(
        _events(briefing_id, context), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
    )


async def _events(briefing_id: str, context: Context) -> AsyncIterator[str]:
    def look() -> schemas.Briefing:
        with context.database.reading() as session:
            return views.briefing(session, _row(session, briefing_id), context)

    lookers = context.lookers
    sent, quiet_s = "", 0.0
    while True:
        shown = await to_thread.run_sync(look, limiter=lookers)
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


def _row(session: Session, briefing_id: str) -> BriefingRow:
    row = session.get(BriefingRow, briefing_id)
    if row is None:
        raise Problem("unknown_briefing", f"there is no briefing {briefing_id!r}")
    return row
