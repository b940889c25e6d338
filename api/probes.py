"""A look at something that may hang, for askers that may not: one look at a time, shared by all who ask meanwhile.

A probe of a database that accepts and never answers must neither wait for it nor pile up threads behind it. Does not
know what is looked at.
"""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Seen = TypeVar("Seen")


class Probe(Generic[Seen]):
    """Looks by `look` in a thread of its own, and remembers what was seen for `fresh_s` seconds."""

    def __init__(self, look: Callable[[], Seen], fresh_s: float) -> None:
        self._look, self._fresh_s = look, fresh_s
        self._lock = threading.Lock()
        self._flight: Future[Seen] | None = None
        self._landed = 0.0

    async def ask(self, within_s: float) -> Seen | None:
        """Return what was seen, None when the look takes longer than `within_s` seconds; it goes on all the same, and
        nobody starts another before it has ended. Raises what the look raises.
        """
        flight = self._started()
        try:
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(flight)), within_s)
        except TimeoutError:
            return None

    def _started(self) -> Future[Seen]:
        with self._lock:
            flight = self._flight
            if flight is not None and (not flight.done() or time.monotonic() - self._landed < self._fresh_s):
                return flight
            self._flight = Future()
            # A daemon: one that hangs for ever must not keep the process from ending.
            threading.Thread(target=self._fly, args=(self._flight,), name="probe", daemon=True).start()
            return self._flight

    def _fly(self, flight: Future[Seen]) -> None:
        try:
            seen = self._look()
        except Exception as error:  # noqa: BLE001  whoever asks gets it
            self._landed = time.monotonic()
            flight.set_exception(error)
        else:
            self._landed = time.monotonic()
            flight.set_result(seen)
