"""`/livez`: is the process there. `/readyz`: can it take work. `/v1/voices`: what there is to choose from."""

from __future__ import annotations

import secrets
import shutil
from typing import Any

from fastapi import APIRouter, Response

from api import schemas
from api.context import Context, Here, Reader
from api.problems import responses
from api.routes import get_and_head
from briefing.database import database_clock
from briefing.errors import DatabaseUnavailable
from briefing.models import HealthRow
from briefing.rows import put

router = APIRouter()

#: Seconds after which a dispatcher that has not reported is taken for lost: many of its rounds, at any setting.
_SILENT_S = 60.0


@get_and_head(router, "/livez", tags=["health"], summary="Is the process alive")
async def livez() -> dict[str, str]:
    """Asks nothing of anything else and waits for no thread: another's outage must not have this process restarted."""
    return {"status": "ok"}


@get_and_head(
    router, "/readyz", tags=["health"], summary="Can it take work", responses={503: {"description": "Not ready."}}
)
def readyz(response: Response, context: Here) -> dict[str, Any]:
    """Database, storage and disk must work; the broker's trouble is reported as degraded, since work is recorded
    without it.
    """
    checks = {"database": _database(context), "storage": _storage(context), "broker": _broker(context)}
    ready = checks["database"] == "ok" and checks["storage"] == "ok"
    response.status_code = 200 if ready else 503
    degraded = ready and checks["broker"] == "degraded"
    return {"status": "degraded" if degraded else "ok" if ready else "unavailable", **checks}


def _database(context: Context) -> str:
    try:
        with context.database.writing() as session:
            put(session, HealthRow, name="readyz", state="ok", detail="", reported_at=database_clock())
    except DatabaseUnavailable:
        return "unavailable"
    return "ok"


def _storage(context: Context) -> str:
    folder = context.data.data
    probe = folder / f".readyz-{secrets.token_hex(4)}"
    try:
        probe.write_bytes(b"ok")
        probe.unlink()
        free_mb = shutil.disk_usage(folder).free // 1_000_000
    except OSError as error:
        return f"unavailable: {error.strerror}"
    return "ok" if free_mb >= context.data.disk_floor_mb else f"unavailable: {free_mb} MB left on the disk"


def _broker(context: Context) -> str:
    try:
        with context.database.reading() as session:
            row = session.get(HealthRow, "broker")
            now = session.scalar(database_clock().select())
    except DatabaseUnavailable:
        return "unknown"
    if row is None:
        return "none"
    # A dispatcher that says nothing rings for nothing either.
    return row.state if now is not None and now - row.reported_at < _SILENT_S else "degraded"


@router.get(
    "/v1/voices", tags=["voices"], summary="The voices", responses=responses("missing_key", "bad_key", "scope_missing")
)
def voices(context: Here, caller: Reader) -> list[schemas.VoiceView]:  # noqa: ARG001  demands the scope
    """What `voice` may name."""
    return [schemas.VoiceView.model_validate(voice, from_attributes=True) for voice in context.catalogue]
