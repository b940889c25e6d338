"""Keeps the leases of the steps at hand: one thread for the whole process, whichever steps it does one after another.

It starts with the first step and ends when there has been none for a while. Does not know what a step does, nor what
becomes of one whose lease is lost: the fence sees to that.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from briefing import steps
from briefing.errors import DatabaseUnavailable
from briefing.observing.logs import get_logger
from briefing.observing.measures import FAULTS, counted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextvars import Context

    from briefing.database import Database
    from briefing.steps import Lease

#: Looks in the time between two renewals. A step is not announced to the thread, which would cost more than most steps
#: of a silent voice do; so its lease is renewed by a look's time late at most.
_LOOKS = 4

#: Intervals without a step after which the thread ends.
_IDLE = 3

_log = get_logger("perform")


@dataclass
class _Held:
    """A lease that is kept."""

    lease: Lease
    due: float
    """When it is to be renewed next, by the monotonic clock."""
    left: int
    """Renewals until its kind's deadline."""
    context: Context
    """The step's own, so that what is logged names its briefing."""
    renewing: threading.Lock = field(default_factory=threading.Lock)
    over: bool = False


class Leases:
    """The leases of one process. May be used by several threads; to be made after any fork."""

    def __init__(self, database: Database, lease_s: float) -> None:
        self._database, self._lease_s = database, lease_s
        self._interval_s = lease_s / 3
        self._guard = threading.Lock()
        self._held: list[_Held] = []
        self._keeper: threading.Thread | None = None

    @contextmanager
    def kept(self, lease: Lease, most_s: float) -> Iterator[None]:
        """Renew the lease every third of it while inside, for `most_s` seconds at most."""
        due = time.monotonic() + self._interval_s
        held = _Held(lease, due, int(most_s / self._interval_s), copy_context())
        with self._guard:
            self._held.append(held)
            if self._keeper is None:
                self._keeper = threading.Thread(target=self._keep, name="leases", daemon=True)
                self._keeper.start()
        try:
            yield
        finally:
            with self._guard:
                self._held.remove(held)
            # A renewal under way is waited for: one that came after its step was settled would tell of a lost lease.
            with held.renewing:
                held.over = True

    def _keep(self) -> None:
        idle = 0
        while True:
            time.sleep(self._interval_s / _LOOKS)
            with self._guard:
                idle = 0 if self._held else idle + 1
                if idle > _IDLE * _LOOKS:
                    self._keeper = None
                    return
                due = [held for held in self._held if held.left > 0 and held.due <= time.monotonic()]
            for held in due:
                held.context.run(self._renew, held)

    def _renew(self, held: _Held) -> None:
        with held.renewing:
            if held.over:
                return
            held.due, held.left = held.due + self._interval_s, held.left - 1
            try:
                with self._database.writing() as session:
                    lost = not steps.renew(session, held.lease, self._lease_s)
            except DatabaseUnavailable as error:
                # Once more before the lease runs out; a database that is away for longer frees the step, rightly.
                counted.count(FAULTS, "renewing a lease", error.code)
                _log.warning("lease not renewed", step=held.lease.step_id, message=error.message)
                return
            except Exception:  # noqa: BLE001
                # The next lease needs this thread still.
                _log.exception("lease not renewed", step=held.lease.step_id)
                held.left = 0
                return
            if lost:
                _log.warning("lease lost", step=held.lease.step_id)
                held.left = 0
