"""A main loop that stands still ends its process, one that goes round does not, and one that was stopped does not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

from tests.support.processes import ROOT, environment
from worker.running.watchdog import HUNG

CODE = """
import sys, time
from worker.running.watchdog import Watchdog
with Watchdog(0.6) as watchdog:
    print("in", flush=True)
    for _ in range({rounds}):
        watchdog.alive()
        time.sleep(0.02)
    time.sleep({still})
print("out", flush=True)
"""


def started(rounds, still):
    process = subprocess.Popen(
        [sys.executable, "-c", CODE.format(rounds=rounds, still=still)],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "in\n"
    return process


def test_a_loop_that_stands_still_ends_its_process():
    process = started(2, 60)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == HUNG
    assert "out" not in said
    assert "stands still" in said


def test_a_loop_that_goes_round_goes_on():
    process = started(60, 0)
    assert process.communicate(timeout=60)[0] == "out\n"
    assert process.returncode == 0


def test_a_process_that_was_stopped_has_not_hung():
    process = started(60, 0)
    os.kill(process.pid, signal.SIGSTOP)
    time.sleep(1.2)
    os.kill(process.pid, signal.SIGCONT)
    assert process.communicate(timeout=60)[0] == "out\n"
