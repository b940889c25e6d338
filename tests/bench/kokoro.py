"""Kokoro on this machine: int8 against fp32, short texts, and threads; `./run.sh bench kokoro`.

CPU seconds count, not wall ones, since other work may share the cores. Each row is a process of its own.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.measure import table

TEXT = (
    "The ferry runs again from Monday. Crews had stopped work for four days, and nine thousand people had walked across "
    "the old bridge instead. The harbour board said that both boats would sail every half hour, as they did before the "
    "strike, and that tickets bought last week stay valid until the end of the month."
)

TIMES = 2


def run():
    """Install both precisions into a temporary folder, measure, and print."""
    from voices.kokoro.install import Wish, install

    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for precision in ("int8", "fp32"):
            place = Path(folder) / precision
            record = install(place, Wish(precision=precision), lambda _: None)
            megabytes = (place / record.model).stat().st_size / 1e6
            for threads in (1, 2) if precision == "fp32" else (1,):
                command = [sys.executable, "-m", "tests.bench.kokoro", str(place), str(threads)]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                found = json.loads(done.stdout)
                rows.append((precision, threads, f"{megabytes:.0f}", *(f"{value:.2f}" for value in found)))
    head = (
        "precision",
        "threads",
        "MB on disk",
        "load CPU s",
        "audio s",
        "audio s per CPU s",
        "per wall s",
        "peak RSS MB",
    )
    table(f"Kokoro, {len(TEXT)} characters, best of {TIMES}", head, rows)


def _measure(folder, threads):
    from voices.catalogue import load_catalogue
    from voices.engines.kokoro import KokoroEngine

    engine, voice = KokoroEngine(folder, int(threads)), load_catalogue().get("heart")
    engine._loaded()
    load_s = time.process_time()
    best_cpu = best_wall = 0.0
    for _ in range(TIMES):
        cpu, wall = time.process_time(), time.perf_counter()
        seconds = sum(len(part.samples) / part.rate for part in engine.synthesize(TEXT, voice))
        best_cpu = max(best_cpu, seconds / (time.process_time() - cpu))
        best_wall = max(best_wall, seconds / (time.perf_counter() - wall))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([load_s, seconds, best_cpu, best_wall, peak]))


if __name__ == "__main__":
    _measure(*sys.argv[1:])
