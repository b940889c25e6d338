"""How much memory a worker may hold: measured from /proc (Linux), bounded by `BRIEFCAST_WORKER_MEMORY_MB`.

Engines leak, and a leak must not take the host. A worker above the bound after a step ends and is replaced, which costs
nothing; one that grows beyond half as much again inside a step is killed, which costs that step a claim.
"""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

from briefing.observing.logs import get_logger

#: Beyond the bound times this a step is not waited for any more.
KILLED_AT = 1.5

#: Seconds between two looks of a process at itself.
_LOOK_S = 1.0

_BYTES_PER_MB = 1_000_000
_PAGE = os.sysconf("SC_PAGESIZE")

_log = get_logger("memory")


def resident_mb(pid: int) -> float:
    """Return the memory a process holds, in megabytes; 0 where that cannot be told."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE / _BYTES_PER_MB
    except (OSError, ValueError, IndexError):
        return 0.0


def is_above(pid: int, bound_mb: int, times: float = 1.0) -> bool:
    """Tell whether a process holds more than `bound_mb` times that; a bound of 0 is none."""
    return bool(bound_mb) and resident_mb(pid) > bound_mb * times


def watch_self(bound_mb: int) -> None:
    """Have this process end itself when it grows far beyond the bound inside a step: for Celery's children, whose
    parent looks only between tasks.
    """
    if not bound_mb:
        return

    def look() -> None:
        while not threading.Event().wait(_LOOK_S):
            if is_above(os.getpid(), bound_mb, KILLED_AT):
                _log.error("killed for its memory", pid=os.getpid(), resident_mb=round(resident_mb(os.getpid())))
                os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=look, name="memory", daemon=True).start()
