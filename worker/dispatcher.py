"""Rings Celery for steps that are ready, and sweeps up after lost workers. Run one; a second does no harm.

The only process that publishes to Redis. When Redis is away, steps stay recorded and are rung when it is back; what the
broker is like is written down for `/readyz`, since the API never asks Redis itself.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from briefing import steps
from briefing.database import database_clock
from briefing.errors import DatabaseUnavailable
from briefing.logs import get_logger, masked
from briefing.models import HealthRow
from briefing.rows import put
from worker import sweep
from worker.celery import check_broker, ring
from worker.pipeline import DEADLINE_S

if TYPE_CHECKING:
    from briefing.models import StepRow
    from worker.workplace import Workplace

#: Steps rung in one round, so that a flood does not keep the sweep waiting.
_MOST_RUNG = 500

#: Seconds between two looks for steps to ring; the sweep comes every `BRIEFCAST_TICK_S`.
_LOOK_S = 0.2

#: Seconds before the next look while the database is away.
_AWAY_S = 1.0

#: What the transport raises when Redis is away or refuses.
_BROKER_TROUBLE = (OperationalError, RedisError, OSError)

_log = get_logger("dispatcher")


class Dispatcher:
    """The dispatching process. `run` blocks until `stop`."""

    def __init__(self, place: Workplace) -> None:
        self._place = place
        self._stopping = threading.Event()
        self._broker: tuple[str, str] | None = None

    def stop(self) -> None:
        """Ask it to stop."""
        self._stopping.set()

    def run(self) -> None:
        """Ring and sweep until stopped."""
        looks_per_sweep = max(1, round(self._place.work.tick_s / _LOOK_S))
        look = 0
        while not self._stopping.is_set():
            try:
                if look % looks_per_sweep == 0:
                    sweep.sweep(self._place)
                    self._ask_broker()
                look += 1
                if not self._ring_due():
                    self._stopping.wait(_LOOK_S)
            except DatabaseUnavailable as error:
                _log.warning("the database is away", message=error.message)
                self._stopping.wait(_AWAY_S)

    def _ask_broker(self) -> None:
        """Find out how the broker is while there is nothing to ring for."""
        try:
            check_broker()
        except _BROKER_TROUBLE as error:
            self._report("degraded", f"{type(error).__name__}: {masked(str(error))}")
        else:
            self._report("ok", "")

    def _ring_due(self) -> int:
        """Ring for due steps; return how many were rung."""
        with self._place.database.reading() as session:
            due = steps.due_to_ring(session, self._place.work.ring_again_s, _MOST_RUNG)
        rung: list[int] = []
        try:
            for step in due:
                ring(step.id, step.queue, _deadline_s(step))
                rung.append(step.id)
        except _BROKER_TROUBLE as error:
            self._report("degraded", f"{type(error).__name__}: {masked(str(error))}")
            self._stopping.wait(1.0)
        if rung:
            # After ringing, not before: a message too many is harmless, a missing one would wait a minute.
            with self._place.database.writing() as session:
                steps.mark_rung(session, rung)
        return len(rung)

    def _report(self, state: str, detail: str) -> None:
        """Write down how the broker is; say so when that has changed."""
        if self._broker != (state, detail):
            self._broker = (state, detail)
            _log.log(20 if state == "ok" else 30, "broker", state=state, detail=detail)
        with self._place.database.writing() as session:
            put(session, HealthRow, name="broker", state=state, detail=detail, reported_at=database_clock())


def _deadline_s(step: StepRow) -> float:
    """Return the time limit of a step; a kind that only newer workers know gets the longest."""
    limits = {kind.value: deadline for kind, deadline in DEADLINE_S.items()}
    return limits.get(step.kind, max(limits.values()))
