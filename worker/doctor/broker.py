"""Redis, where this installation uses it: new enough, keeping what it is given, never evicting."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import redis
from redis.exceptions import RedisError, ResponseError

from briefing.models import HealthRow
from briefing.observing.logs import masked
from worker.doctor.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from worker.workplace import Workplace

#: The oldest server that Celery's transport is made for.
_OLDEST = (6, 2)

_ANSWER_S = 5.0


def look(place: Workplace, fix: bool) -> Iterator[Finding]:  # noqa: ARG001  its settings are not ours to change
    """Yield what is wrong with Redis; nothing where no dispatcher has ever reported and no address is set."""
    with place.database.reading() as session:
        used = session.get(HealthRow, "broker") is not None or "BRIEFCAST_BROKER_URL" in os.environ
    if not used or not place.work.broker_url.startswith(("redis://", "rediss://")):
        return
    try:
        with redis.Redis.from_url(
            place.work.broker_url, socket_timeout=_ANSWER_S, socket_connect_timeout=_ANSWER_S, decode_responses=True
        ) as client:
            yield from _faults(client.info(), _settings(client))
    except (RedisError, OSError) as error:
        yield Finding(
            code="broker_unavailable",
            subject="redis",
            detail=masked(f"{type(error).__name__}: {error}"),
            hint="Work is recorded without it and done when it is back; check BRIEFCAST_BROKER_URL.",
        )


def _settings(client: redis.Redis) -> dict[str, str] | None:
    """Return its settings, None where its access list forbids asking, as it should for workers."""
    try:
        found: Any = client.config_get("*")
    except ResponseError:
        return None
    return {str(name): str(value) for name, value in found.items()}


def _faults(info: Any, settings: dict[str, str] | None) -> Iterator[Finding]:  # noqa: ANN401  redis-py's own
    version = tuple(int(part) for part in str(info["redis_version"]).split(".")[:2])
    policy = (settings or info).get("maxmemory-policy", info.get("maxmemory_policy", ""))
    if version < _OLDEST:
        yield Finding(
            code="broker_version", subject="redis", detail=f"it is {info['redis_version']}", hint="Use 6.2 or newer."
        )
    if policy != "noeviction":
        yield Finding(
            code="broker_policy",
            subject="redis",
            detail=f"maxmemory-policy is {policy}: with its memory full it drops messages without a word",
            hint="Set `maxmemory-policy noeviction`; what was lost is rung again after BRIEFCAST_RING_AGAIN_S.",
        )
    if not info.get("aof_enabled"):
        yield Finding(
            code="broker_persistence",
            subject="redis",
            detail="it keeps no append-only file: a restart forgets what was rung",
            hint="Set `appendonly yes`. Nothing is lost without, but work waits for BRIEFCAST_RING_AGAIN_S.",
        )
