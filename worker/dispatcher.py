"""Rings Celery for steps that are ready, and sweeps up after lost workers. Run one; a second does no harm.

The only process that publishes to Redis. When Redis is away, steps stay recorded and are rung when it is back; what the
broker is like is written down for `/readyz`, since the API never asks Redis itself.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from briefing import steps
from briefing.database import database_clock
from briefing.errors import DatabaseUnavailable
from briefing.failpoints import Failpoint, reach
from briefing.models import HealthRow
from briefing.observing.logs import get_logger, masked
from briefing.observing.workers import heard_of
from briefing.sql.rows import put
from worker.celery import BROKER_TROUBLE, ring, waiting
from worker.pipeline import DEADLINE_S
from worker.running import broker
from worker.running.heartbeat import Heartbeat
from worker.running.watchdog import Watchdog
from worker.upkeep import sweep

if TYPE_CHECKING:
    from briefing.states import Queue
    from briefing.steps import Due
    from worker.workplace import Workplace

#: Rings of one queue that may wait for an answer: enough for many workers, and few enough that a newcomer's step is
#: rung soon. Also bounds what Redis holds.
_MOST_UNANSWERED = 100

#: Messages that wait in a queue and are enough, where few workers are known of, and beyond one for each: one has its
#: worker do all there is, so that more would only find it done.
_ENOUGH = 4
_SPARE = 2

#: Seconds between two looks for steps to ring; the sweep comes every `BRIEFCAST_TICK_S`.
_LOOK_S = 0.2

#: Seconds before the next look while the database is away.
_AWAY_S = 1.0

#: Seconds and leases that the loop may stand still before the process ends itself: it waits for Redis and the database,
#: for some time each.
_STILL_S = 60.0
_STILL_LEASES = 3

_log = get_logger("dispatcher")


class Dispatcher:
    """The dispatching process. `run` blocks until `stop`."""

    def __init__(self, place: Workplace) -> None:
        self._place = place
        self._stopping = threading.Event()
        self._broker: tuple[str, str] | None = None
        # Where no message waits, one that nobody answered is lost. In a long queue each step would be rung again and
        # again while it waits its turn, until the queue holds many messages for each of them.
        self._empty: frozenset[Queue] = frozenset()
        self._enough = _ENOUGH

    def stop(self) -> None:
        """Ask it to stop."""
        self._stopping.set()

    def run(self) -> None:
        """Ring and sweep until stopped."""
        heartbeat = Heartbeat(self._place, "dispatcher").start()
        try:
            with Watchdog(_STILL_S + _STILL_LEASES * self._place.work.lease_s) as watchdog:
                self._dispatch(watchdog)
        finally:
            heartbeat.stop()

    def _dispatch(self, watchdog: Watchdog) -> None:
        swept = 0.0
        while not self._stopping.is_set():
            watchdog.alive()
            try:
                if time.monotonic() - swept > self._place.work.tick_s:
                    sweep.sweep(self._place)
                    swept = time.monotonic()
                    self._count_workers()
                    self._ask_broker()
                self._ring_due()
                # After every look, so that what stays due however often it is rung costs no core.
                self._stopping.wait(_LOOK_S)
            except DatabaseUnavailable as error:
                _log.warning("the database is away", message=error.message)
                # Leases ran out while nobody could renew them; their holders go first.
                swept = time.monotonic() + self._place.work.lease_s / 2
                self._stopping.wait(_AWAY_S)

    def _ask_broker(self) -> None:
        """Find out how the broker is while there is nothing to ring for."""
        try:
            found = broker.ask()
        except BROKER_TROUBLE as error:
            self._empty = frozenset()
            self._report("degraded", f"{type(error).__name__}: {masked(str(error))}")
            return
        self._empty = found.empty
        if found.full:
            self._report("degraded", "its memory is full; raise maxmemory")
        else:
            self._report("ok", "; ".join(found.warnings))

    def _ring_due(self) -> None:
        """Ring for due steps, as far as workers may be waiting for it."""
        with self._place.database.reading() as session:
            due = steps.due_to_ring(session, self._place.work.ring_again_s, _MOST_UNANSWERED, self._empty, self._enough)
        rung: list[tuple[int, int]] = []
        try:
            for step in self._wanted(due):
                ring(step.id, step.queue, min(_deadline_s(step), self._place.work.step_s))
                rung.append((step.id, step.fence))
                told = {"step": step.id, "revision": step.revision_id, "request_id": step.request_id}
                _log.info("step rung", kind=step.kind, queue=step.queue, **told)
        except BROKER_TROUBLE as error:
            self._report("degraded", f"{type(error).__name__}: {masked(str(error))}")
            self._stopping.wait(1.0)
        if rung:
            reach(Failpoint.DISPATCHER_RUNG)
            # After ringing, not before: a message too many is harmless, a missing one would wait a minute.
            with self._place.database.writing() as session:
                steps.mark_rung(session, rung)

    def _wanted(self, due: list[Due]) -> list[Due]:
        """Return those steps of which their queues have too few messages. Raises what the broker raises."""
        there = waiting({step.queue for step in due}) if due else {}
        wanted = []
        for step in due:
            if there[step.queue] < self._enough:
                there[step.queue] += 1
                wanted.append(step)
        return wanted

    def _count_workers(self) -> None:
        """Find out how many messages are enough for every worker to have one; those of another queue count too."""
        with self._place.database.reading() as session:
            lately, _ = heard_of(session, "worker")
        self._enough = max(_ENOUGH, lately + _SPARE)

    def _report(self, state: str, detail: str) -> None:
        """Write down how the broker is; say so when that has changed."""
        if self._broker != (state, detail):
            self._broker = (state, detail)
            _log.log(30 if detail else 20, "broker", state=state, detail=detail)
        with self._place.database.writing() as session:
            put(session, HealthRow, name="broker", state=state, detail=detail, reported_at=database_clock())


def _deadline_s(step: Due) -> float:
    """Return the time limit of a step; a kind that only newer workers know gets the longest."""
    limits = {kind.value: deadline for kind, deadline in DEADLINE_S.items()}
    return limits.get(step.kind, max(limits.values()))
