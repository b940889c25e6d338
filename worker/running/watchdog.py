"""Ends this process when its main loop has stood still for too long, so that whatever supervises it starts it anew.

A supervisor that hangs is worse than one that is gone: nobody frees lost steps, and on SQLite it may hold the one write
lock. Knows nothing of what the loop does.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Self

from briefing.observing.logs import get_logger

if TYPE_CHECKING:
    from types import TracebackType

#: Looks at the loop in the time that it may stand still. Counted, not clocked: a process that was stopped and goes on
#: has not hung.
_LOOKS = 20

#: Exit status, so that a log tells this end from others (EX_SOFTWARE).
HUNG = 70

_log = get_logger("watchdog")


class Watchdog:
    """Watches while inside. `limit_s` is how long the loop may go without `alive`, in seconds."""

    def __init__(self, limit_s: float) -> None:
        self._look_s = limit_s / _LOOKS
        self._looks = 0
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._keep, name="watchdog", daemon=True)

    def __enter__(self) -> Self:
        self._watch.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._watch.join()

    def alive(self) -> None:
        """Say that the loop goes round."""
        self._looks = 0

    def _keep(self) -> None:
        while not self._over.wait(self._look_s):
            self._looks += 1
            if self._looks > _LOOKS:
                _log.error("the main loop stands still; this process ends", for_s=self._looks * self._look_s)
                os._exit(HUNG)
