"""The heartbeat of a process that works: a file for its own container's probe, a row for everybody else.

Beats in a thread of its own, so that a long step does not look like death; which step is at hand, and since when, goes
with it, so that a hang does not look like life. Leases, not heartbeats, decide who holds a step.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from briefing.errors import DatabaseUnavailable
from briefing.observing import workers
from briefing.observing.faults import going_on
from briefing.observing.logs import get_logger
from briefing.observing.measures import FAULTS, counted
from briefing.storage import write_atomically

if TYPE_CHECKING:
    from briefing.steps import Lease
    from worker.workplace import Workplace

_log = get_logger("heartbeat")


@dataclass
class AtHand:
    """The step that a process performs, for its heartbeat to tell."""

    step_id: int | None = None
    kind: str | None = None
    since: float = field(default_factory=time.monotonic)

    def begin(self, lease: Lease) -> None:
        """Note that a step begins."""
        self.step_id, self.kind, self.since = lease.step_id, lease.kind.value, time.monotonic()

    def end(self) -> None:
        """Note that it is over."""
        self.step_id = None


class Heartbeat:
    """Reports for this process until stopped. To be made after any fork."""

    def __init__(self, place: Workplace, role: str) -> None:
        self._place, self._role = place, role
        self._over = threading.Event()
        self._file = place.work.run_folder / f"{role}-{os.getpid()}.json"
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def start(self) -> Heartbeat:
        """Begin to beat."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Say goodbye."""
        self._over.set()
        self._thread.join()
        self._file.unlink(missing_ok=True)
        with going_on("saying goodbye"):
            self._report(stopped=True)

    def _beat(self) -> None:
        while True:
            # The file first: a database that is away is no reason for restarting this process.
            with going_on("writing the heartbeat's file"):
                write_atomically(self._file, json.dumps({"pid": os.getpid(), "at": time.time()}).encode())
            try:
                self._report(stopped=False)
            except DatabaseUnavailable as error:
                counted.count(FAULTS, "reporting", error.code)
                _log.warning("heartbeat not written", message=error.message)
            except Exception:  # noqa: BLE001
                # A thread that ended would make this process look dead for ever; the next beat may go well.
                _log.exception("heartbeat failed")
            if self._over.wait(self._place.work.heartbeat_s):
                return

    def _report(self, *, stopped: bool) -> None:
        at_hand = self._place.at_hand
        told = workers.Report(
            name=self._place.holder,
            role=self._role,
            host=socket.gethostname(),
            pid=os.getpid(),
            version=version("briefcast"),
            measures=counted.read(),
            memory_bytes=_resident_bytes(),
            step_id=at_hand.step_id,
            step_kind=at_hand.kind,
            step_age_s=time.monotonic() - at_hand.since if at_hand.kind else None,
            stopped=stopped,
        )
        with self._place.database.writing() as session:
            workers.report(session, told)


def _resident_bytes() -> int | None:
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return None
