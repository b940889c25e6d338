"""Runs a command and measures it; prints tables."""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.support.processes import descendants


@dataclass(frozen=True)
class Cost:
    """What a command cost, its child processes included."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    """Largest resident set of any one process."""
    said: str = ""
    """What it printed."""


def cost_of(command, **extra):
    """Run a command to its end and return its cost; fails when the command does."""
    started = time.perf_counter()
    # Its log goes to a file: a pipe that nobody reads while the output is read would fill up, and stop the command.
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, env=os.environ | extra, stdout=subprocess.PIPE, stderr=log)
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        log.seek(0)
        assert process.returncode == 0, log.read().decode() + said.decode()
    return Cost(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, said.decode())


def middle(costs):
    """The median of several costs, each figure by itself."""
    return Cost(*(statistics.median(getattr(cost, name) for cost in costs) for name in ("wall_s", "cpu_s", "peak_mb")))


def table(title, head, rows):
    """Print rows under a head, columns aligned."""
    cells = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    print(f"\n{title}")
    for row in cells:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


#: CPU times in /proc are in these.
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def cpu_of(pid):
    """CPU seconds of a process, of those below it, and of those that have ended and were waited for."""
    return sum(_cpu_s(process) for process in (pid, *descendants(pid)))


def _cpu_s(pid):
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / _TICKS_A_SECOND
