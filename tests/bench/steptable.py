"""The step table under load: `./run.sh bench claims`, and `./run.sh bench queue`.

`claims`: claims with their finish a second, by 1, 8 and 32 workers at once, as the embedded runner's children do them:
one transaction to claim, one to finish. `queue`: each move at 100,000 ready steps with a million done ones beside them,
against the same at 100.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import insert

from briefing import steps
from briefing.database import Database
from briefing.models import BriefingRow, EpisodeRow, MasterRow, RevisionRow, ShowRow, StepRow
from briefing.schema import migrate
from briefing.states import Queue, StepKind, StepState
from tests.bench.measure import cpu_of, table
from tests.support.processes import ROOT

_CROWDS = (1, 8, 32)

#: Steps of each crowd.
_STEPS = 1500

#: How many times each move is made.
_TIMES = 40

_QUEUES = (Queue.INTERACTIVE, Queue.BULK, Queue.ONLINE)


def run_claims(steps_each=str(_STEPS)):
    """Measure and print claims a second."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/briefcast.db")
        migrate(database)
        rows = [("SQLite", *_crowd(database, workers, int(steps_each))) for workers in _CROWDS]
        database.dispose()
    table(
        f"{steps_each} steps claimed and finished, two transactions each, every one synced to the disk",
        ("", "workers", "a second", "CPU ms each", "most in a row that one waited, s"),
        rows,
    )


def _crowd(database, workers, count):
    _fill(database, count, StepState.READY)
    command = [sys.executable, "-m", "tests.bench.claimer", database.address]
    crowd = [subprocess.Popen(command, cwd=ROOT, stdin=-1, stdout=-1, text=True) for _ in range(workers)]
    for process in crowd:
        assert process.stdout.readline() == "ready\n"
    before, started = sum(cpu_of(process.pid) for process in crowd), time.monotonic()
    for process in crowd:
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [json.loads(process.stdout.readline()) for process in crowd]
    wall_s, cpu_s = time.monotonic() - started, sum(cpu_of(process.pid) for process in crowd) - before
    for process in crowd:
        process.communicate()
    assert sum(entry["done"] for entry in said) == count
    longest = max(entry["longest_s"] for entry in said)
    return workers, f"{count / wall_s:.0f}", f"{cpu_s * 1000 / count:.2f}", f"{longest:.2f}"


def _fill(database, count, state, queue=Queue.BULK):
    row = {
        "kind": StepKind.SPEAK.value,
        "queue": queue.value,
        "seq": 0,
        "state": state.value,
        "fence": 0,
        "attempts": 0,
    }
    row |= {"postponed": 0, "payload": {"chunk": {"spoken": "The harbour was quiet on Tuesday. " * 3}}}
    with database.writing() as session:
        for start in range(0, count, 10_000):
            session.execute(insert(StepRow.table()), [row] * min(10_000, count - start))
