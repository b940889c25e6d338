"""`/v1/jingles`: editors' own jingles uploaded, listed, removed. Stores bytes and records work; a worker decodes
them.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from api import schemas
from api.context import Context, Here, Publisher, Reader
from api.problems import KEY_PROBLEMS, Problem, responses
from briefing.accounts import audit
from briefing.accounts.audit import Action
from briefing.podcasts import jingles
from briefing.podcasts.show import JinglePart
from briefing.storage import BlobStorage, reporting
from briefing.values import NAME_PATTERN

if TYPE_CHECKING:
    from pathlib import Path as FilePath

    from briefing.accounts.keys import Caller
    from briefing.podcasts.jingles import StoredJingle

router = APIRouter(prefix="/v1/jingles", tags=["jingles"])

#: Seconds an upload may take: 20 MB over a slow line.
_MOST_SECONDS = 120

Name = Annotated[str, Path(pattern=f"^{NAME_PATTERN}$")]


@router.post(
    "",
    status_code=202,
    summary="Upload a jingle",
    responses=responses(
        *KEY_PROBLEMS, "invalid_request", "request_too_large", "bad_request", "storage_full", "storage_unavailable"
    ),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"audio/*": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def add(
    request: Request,
    response: Response,
    context: Here,
    caller: Publisher,
    name: Annotated[str, Query(pattern=f"^{NAME_PATTERN}$", examples=["morning"])],
    part: Annotated[JinglePart, Query(examples=["intro"])],
) -> schemas.JingleView:
    """The body is the sound file itself, in any common format, at most 20 MB. Answers at once; a worker checks it
    (length, audible in mono) and re-encodes it: see `state` and `error`. What it replaces stays in use until then.
    """
    storage = context.storages.blobs
    path = storage.temporary(".upload")
    try:
        await _received(request, path)
        stored = await run_in_threadpool(_record, context, storage, path, caller, name, part)
    finally:
        path.unlink(missing_ok=True)
    response.headers["Location"] = f"/v1/jingles/{name}/{part}"
    return _view(stored)


async def _received(request: Request, path: FilePath) -> None:
    """Write the body to `path`, as it comes. Raises Problem for one that is empty, too large, too slow or broken
    off.
    """
    size = 0
    try:
        async with asyncio.timeout(_MOST_SECONDS):
            with reporting(path), path.open("xb") as file:
                async for part in request.stream():
                    size += len(part)
                    if size > jingles.MOST_BYTES:
                        raise Problem("request_too_large", f"the limit is {jingles.MOST_BYTES:,} bytes")
                    file.write(part)
    except (TimeoutError, ClientDisconnect):
        raise Problem("bad_request", "the upload broke off or took too long") from None
    if not size:
        raise Problem("bad_request", "the body is empty", "Send the sound file itself as the body.")


def _record(
    context: Context, storage: BlobStorage, path: FilePath, caller: Caller, name: str, part: JinglePart
) -> StoredJingle:
    upload, now = storage.put(path), datetime.now(UTC)
    with context.database.writing() as session:
        audit.record(session, now, Action.JINGLE_UPLOAD, caller, detail=f"{name}/{part}")
        return jingles.record_upload(session, name, part, upload, now)


@router.get("", summary="The jingles", responses=responses(*KEY_PROBLEMS))
def see_all(context: Here, caller: Reader) -> list[schemas.JingleView]:  # noqa: ARG001  demands the scope
    """Editors' own; the `house` jingles ship with Briefcast and are not listed."""
    with context.database.reading() as session:
        return [_view(stored) for stored in jingles.list_jingles(session)]


@router.get("/{name}/{part}", summary="A jingle", responses=responses(*KEY_PROBLEMS, "unknown_jingle"))
def see(name: Name, part: JinglePart, context: Here, caller: Reader) -> schemas.JingleView:  # noqa: ARG001
    """Whether its newest upload has been checked, and what came of it."""
    with context.database.reading() as session:
        return _view(jingles.find_jingle(session, name, part))


@router.delete(
    "/{name}/{part}",
    status_code=204,
    summary="Remove a jingle",
    responses=responses(*KEY_PROBLEMS, "unknown_jingle", "jingle_in_use"),
)
def remove(name: Name, part: JinglePart, context: Here, caller: Publisher) -> None:
    """Refused while a show names it. Audio that was made with it stays as it is."""
    with context.database.writing() as session:
        jingles.remove_jingle(session, name, part)
        audit.record(session, datetime.now(UTC), Action.JINGLE_REMOVE, caller, detail=f"{name}/{part}")


def _view(stored: StoredJingle) -> schemas.JingleView:
    error = None
    if stored.error_code is not None:
        error = schemas.Failure(code=stored.error_code, message=stored.error_message or "", hint="Upload another file.")
    return schemas.JingleView(
        name=stored.name,
        part=stored.part,
        state=stored.state,
        seconds=stored.seconds,
        loudness_lufs=stored.loudness_lufs,
        usable=stored.sha256 is not None,
        error=error,
        changed_at=stored.changed_at,
    )
