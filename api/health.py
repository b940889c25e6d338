"""`/livez`: is the process there. `/readyz`: can it take work. `/v1/voices`: what there is to choose from."""

from __future__ import annotations

import shutil
from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from api import schemas
from api.context import Context, Here, Reader
from api.problems import KEY_PROBLEMS, responses
from api.routes import get_and_head
from briefing.database import clock_s, database_clock
from briefing.errors import DatabaseUnavailable, StorageUnavailable
from briefing.following import connections
from briefing.models import GateRow, HealthRow
from briefing.observing.workers import heard_of
from briefing.sql.rows import put

router = APIRouter()

#: Seconds after which a dispatcher that has not reported is taken for lost: many of its rounds, at any setting.
_SILENT_S = 60.0

#: Seconds within which `/readyz` answers, whatever hangs; probes should wait a little longer.
_ANSWER_S = 3.0

#: What one that hangs is told as.
_NO_ANSWER = {"database": f"no answer within {_ANSWER_S:g} s", "storage": "unknown", "broker": "unknown"}

#: Checks whose trouble is no reason to take no more work.
_DEGRADING = ("broker", "workers", "engines", "sources")


@get_and_head(router, "/livez", tags=["health"], summary="Is the process alive")
async def livez() -> dict[str, str]:
    """Asks nothing of anything else and waits for no thread: another's outage must not have this process restarted."""
    return {"status": "ok"}


@get_and_head(
    router, "/readyz", tags=["health"], summary="Can it take work", responses={503: {"description": "Not ready."}}
)
async def readyz(response: Response, context: Here) -> dict[str, Any]:
    """Database, storage and disk must work. Trouble of the broker, of engines, workers or sources is reported as
    degraded, since work is recorded without them. Answers within three seconds; several probes a second share one look.
    """
    checks = await context.readiness(look).ask(_ANSWER_S) or _NO_ANSWER
    ready = checks["database"] == "ok" and checks["storage"] == "ok"
    response.status_code = 200 if ready else 503
    degraded = any(checks.get(name, "ok") not in {"ok", "none"} for name in _DEGRADING)
    return {"status": ("degraded" if degraded else "ok") if ready else "unavailable", **checks}


def look(context: Context) -> dict[str, str]:
    """Return how everything is, by its name: ok, none, or what is wrong."""
    storage = _storage(context)
    try:
        with context.database.writing() as session:
            put(session, HealthRow, name="readyz", state="ok", detail="", reported_at=database_clock())
        with context.database.reading() as session:
            beside = {"broker": _broker(session), "workers": _workers(session), "engines": _engines(session)}
            beside["sources"] = _sources(session)
    except DatabaseUnavailable:
        return {"database": "unavailable", "storage": storage, "broker": "unknown"}
    return {"database": "ok", "storage": storage, **beside}


def _storage(context: Context) -> str:
    try:
        context.storages.blobs.check()
        free_mb = shutil.disk_usage(context.data.data).free // 1_000_000
    except StorageUnavailable as error:
        return f"unavailable: {error.message}"
    except OSError as error:
        return f"unavailable: {error.strerror}"
    return "ok" if free_mb >= context.data.disk_floor_mb else f"unavailable: {free_mb} MB left on the disk"


def _broker(session: Session) -> str:
    row = session.get(HealthRow, "broker")
    if row is None:
        return "none"
    # A dispatcher that says nothing rings for nothing either.
    return row.state if clock_s(session) - row.reported_at < _SILENT_S else "degraded"


def _workers(session: Session) -> str:
    lately, silent = heard_of(session, "worker")
    return "ok" if lately else "silent" if silent else "none"


def _engines(session: Session) -> str:
    """Tell whether the breaker of an online engine is open."""
    gates = select(GateRow.engine, GateRow.state).order_by(GateRow.engine)
    found = session.execute(gates).all()
    stopped = [engine for engine, state in found if state != "closed"]
    return f"stopped: {', '.join(stopped)}" if stopped else "ok" if found else "none"


def _sources(session: Session) -> str:
    """Tell whether a CMS that is polled does not answer."""
    rows = connections.failing(session)
    return f"failing: {', '.join(row.source for row in rows)}" if rows else "ok"


@router.get("/v1/voices", tags=["voices"], summary="The voices", responses=responses(*KEY_PROBLEMS))
def voices(context: Here, caller: Reader) -> list[schemas.VoiceView]:  # noqa: ARG001  demands the scope
    """What `voice` may name."""
    return [schemas.VoiceView.model_validate(voice, from_attributes=True) for voice in context.catalogue]
