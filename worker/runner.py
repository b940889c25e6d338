"""The embedded runner: one machine, no broker. Supervises child processes that claim steps from the table.

A child that dies is replaced and its step freed at once; one that hangs past its lease is killed. Children die with the
runner, whatever kills it. Celery workers do the same work by the same code; see celery.py.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import delete

from briefing.database import BUSY_S
from briefing.errors import DatabaseUnavailable
from briefing.models import HealthRow
from briefing.observing.faults import going_on
from briefing.observing.logs import configure, get_logger
from briefing.sql.lock_holder import lock_holder
from briefing.sql.schema import migrate
from worker.running import memory
from worker.running.heartbeat import Heartbeat
from worker.running.shift import Shift, Wanted
from worker.running.turns import Turns
from worker.running.watchdog import Watchdog
from worker.upkeep import sweep
from worker.workplace import Workplace, holder_name

if TYPE_CHECKING:
    from briefing.steps import Lease

#: Seconds between two looks at the children.
_LOOK_S = 0.1

#: Seconds an idle child waits before it looks for work again: the delay a lone request sees at most.
_IDLE_S = 0.2

#: Seconds before the next look while the database is away.
_AWAY_S = 1.0

#: Seconds that children get to finish their step when told to stop; a container's grace is 30 to 40.
_GRACE_S = 25.0

#: A child that lived less than this long is not replaced at once but after as long: it would only die again.
_SHORT_LIFE_S = 1.0

#: Leases that the supervisor's loop may stand still before it ends itself.
_STILL_LEASES = 5

#: Seconds between two looks whether the parent is there still.
_ORPHAN_LOOK_S = 1.0

#: Seconds between two looks at the children's memory.
_MEMORY_LOOK_S = 0.5

_PR_SET_PDEATHSIG = 1

_log = get_logger("runner")


@dataclass
class _Child:
    process: subprocess.Popen[bytes]
    holder: str
    """The name under which it leases steps; cannot be told any more when it is gone."""
    reserved: bool
    """Whether it is kept for interactive work."""
    started: float = field(default_factory=time.monotonic)


class Runner:
    """The supervisor. `run` blocks until `stop` is called from a signal handler or another thread."""

    def __init__(self, place: Workplace) -> None:
        self._place = place
        self._children: list[_Child] = []
        self._stopping = threading.Event()
        self._resting_until = 0.0

    def stop(self) -> None:
        """Ask the runner to stop: children finish the step at hand."""
        self._stopping.set()

    def run(self) -> None:
        """Keep `BRIEFCAST_WORKERS` children working."""
        migrate(self._place.database)
        with self._place.database.writing() as session:
            # What a dispatcher once reported says nothing of work that needs no broker.
            session.execute(delete(HealthRow).where(HealthRow.name == "broker"))
        heartbeat = Heartbeat(self._place, "runner").start()
        with Watchdog(_STILL_LEASES * self._place.work.lease_s) as watchdog:
            self._supervise(watchdog)
        self._stop_children()
        heartbeat.stop()

    def _supervise(self, watchdog: Watchdog) -> None:
        swept, looked, written = 0.0, 0.0, time.monotonic()
        while not self._stopping.wait(_LOOK_S):
            watchdog.alive()
            try:
                self._replace_dead()
                if time.monotonic() - looked > _MEMORY_LOOK_S:
                    self._kill_grown()
                    looked = time.monotonic()
                if time.monotonic() - swept > self._place.work.tick_s:
                    self._sweep()
                    swept = written = time.monotonic()
            except DatabaseUnavailable as error:
                _log.warning("the database is away", message=error.message)
                if time.monotonic() - written > self._place.work.lease_s:
                    self._kill_children()
                    written = time.monotonic()
                # Leases ran out while nobody could renew them; their holders go first.
                swept = time.monotonic() + self._place.work.lease_s / 2
                self._stopping.wait(_AWAY_S)

    def _kill_children(self) -> None:
        """Have the child replaced that hangs inside a transaction: it holds SQLite's one write lock, so that no lease
        can be seen to run out. Where nobody can tell which one it is, all of them.
        """
        writer = lock_holder(self._place.database.engine.url)
        for child in self._children:
            if writer in {None, child.process.pid}:
                _log.warning("child killed, as nothing can be written", pid=child.process.pid)
                child.process.kill()

    def _replace_dead(self) -> None:
        for child in [child for child in self._children if child.process.poll() is not None]:
            sweep.free_held_by(self._place, child.holder)
            self._children.remove(child)
            _log.warning("child ended", pid=child.process.pid, status=child.process.returncode)
            if time.monotonic() - child.started < _SHORT_LIFE_S:
                self._resting_until = time.monotonic() + _SHORT_LIFE_S
        while len(self._children) < self._place.work.workers and time.monotonic() >= self._resting_until:
            kept = sum(child.reserved for child in self._children)
            reserved = kept < min(self._place.work.workers_reserved, self._place.work.workers - 1)
            process = self._start_child(reserved=reserved)
            self._children.append(_Child(process, holder_name(process.pid), reserved))

    def _kill_grown(self) -> None:
        """Kill children whose memory grows without end inside a step; their step is freed with its claim spent."""
        for child in self._children:
            pid = child.process.pid
            if memory.is_above(pid, self._place.work.worker_memory_mb, memory.KILLED_AT):
                _log.error("child killed for its memory", pid=pid, resident_mb=round(memory.resident_mb(pid)))
                child.process.kill()

    def _start_child(self, *, reserved: bool) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "worker.child", str(os.getpid()), *(["reserved"] if reserved else [])]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603  our own module

    def _sweep(self) -> None:
        """Free expired steps; a child of ours that held one hangs, and is replaced."""
        holders = {lost.holder for lost in sweep.sweep(self._place)}
        for child in self._children:
            if child.holder in holders:
                _log.warning("child hangs", pid=child.process.pid)
                child.process.kill()

    def _stop_children(self) -> None:
        for child in self._children:
            child.process.terminate()
        deadline = time.monotonic() + _GRACE_S
        for child in self._children:
            try:
                child.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
            with going_on("freeing an ended worker's steps"):  # the leases run out by themselves
                sweep.free_held_by(self._place, child.holder)


def work(place: Workplace, stopping: threading.Event, *, reserved: bool = False) -> None:
    """Perform steps until told to stop, or until this process holds too much memory; the step at hand is finished
    first. A `reserved` worker does no bulk work.
    """
    # They load the sound libraries; the supervisor needs none.
    from worker.running.perform import perform_next  # noqa: PLC0415
    from worker.tasks import TASKS  # noqa: PLC0415

    def following(lease: Lease) -> Wanted | None:
        turns.had(lease.queue, time.monotonic())
        if stopping.is_set() or memory.is_above(os.getpid(), place.work.worker_memory_mb):
            return None
        return Wanted(turns.queues(time.monotonic()), tuple(TASKS), bulk=not reserved)

    turns, shift = Turns(time.monotonic(), reserved), Shift(place, following)
    # A step that hangs is freed when its lease runs out; a process that hangs after its step is done has none.
    with Watchdog(place.work.step_s + 2 * place.work.lease_s + BUSY_S) as watchdog:
        while not stopping.is_set() or shift.goes_on:
            watchdog.alive()
            try:
                queue = perform_next(place, turns.queues(time.monotonic()), bulk=not reserved, shift=shift)
            except DatabaseUnavailable as error:
                # No reason to end: a new process would load its model anew, and find no database either.
                _log.warning("the database is away", message=error.message)
                stopping.wait(_AWAY_S)
                continue
            turns.had(queue, time.monotonic())
            if queue is None:
                stopping.wait(_IDLE_S)
            elif not shift.goes_on and memory.is_above(os.getpid(), place.work.worker_memory_mb):
                _log.warning("child ends for its memory", resident_mb=round(memory.resident_mb(os.getpid())))
                return


def die_with_parent(parent: int) -> None:
    """Have the kernel tell this process to stop when its parent ends, even by kill -9 (Linux). When the parent is not
    `parent` any more, it has ended already and this process stops at once.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            sys.exit(0)
        # One that hangs hears no signal; nobody else would end it.
        threading.Thread(target=_outlive, args=[parent], name="parent", daemon=True).start()


def _outlive(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_ORPHAN_LOOK_S)
    time.sleep(_GRACE_S)
    os.kill(os.getpid(), signal.SIGKILL)


def run_child(parent: int, *, reserved: bool) -> None:
    """Perform steps in this process, a child of the supervisor `parent`, until told to stop."""
    die_with_parent(parent)
    configure()
    stopping = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopping.set())
    place = Workplace()
    heartbeat = Heartbeat(place, "worker").start()
    try:
        work(place, stopping, reserved=reserved)
    finally:
        heartbeat.stop()
