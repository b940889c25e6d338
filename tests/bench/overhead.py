"""What Briefcast costs beyond the engine, from `prepare` to published, a chunk: `./run.sh bench overhead [ARTICLES [CHUNKS]]`.

The silence engine speaks, so that engine and sound are small; what they cost all the same is told apart: sound is
everything in `speak` and `produce` (the engine, word times, loudness, FLAC, mix, encode, decode, tag, sign), text is
cleaning, writing, normalising and cutting the script, the look is the `verify` step after publishing. The rest is the
overhead: queue, database, files, processes. PostgreSQL's and Redis' own CPU stands beside it.
Silent takes are not judged by their sound nor trimmed; they are measured, timed, and stored as FLAC like any.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import structlog
from sqlalchemy import text

from tests.bench import newsroom
from tests.bench.measure import cost_of, cpu_of, table
from tests.support.client import free_port
from tests.support.postgres import postgres
from tests.support.processes import BIN, descendants, procfile, redis, running, wait_for
from worker.workplace import Workplace

#: Articles that warm every process up, so that imports and models do not count.
_WARM = 6

_WORKERS = 2


def run(articles="30", chunks="30"):
    """Measure and print."""
    articles, chunks = int(articles), int(chunks)
    # Only the asking is of this process: a line for each would hide the table. What works logs to files.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory() as folder:
        known = _parts(Path(folder), max(3, articles // 6), chunks)
    rows = []
    for name, installed, target in (
        ("SQLite, embedded runner", _embedded, "<= 6"),
        ("PostgreSQL, Redis, Celery", _celery, "<= 10"),
    ):
        with tempfile.TemporaryDirectory() as folder:
            cost = installed(Path(folder), articles, chunks)
        beside = (f"{cost[part]:.2f}" if part in cost else "" for part in ("database", "broker", "API"))
        overhead = cost["work"] - sum(known.values())
        grown_kb = cost["grown"] / articles / 1000
        rows.append(
            (
                name,
                f"{cost['wall_s']:.0f}",
                f"{cost['work']:.2f}",
                f"{overhead:.2f}",
                target,
                *beside,
                f"{grown_kb:.0f}",
            )
        )
    told = ", ".join(f"{part} {ms:.2f}" for part, ms in known.items())
    table(
        f"{articles} articles of {chunks} chunks, {_WORKERS} workers, to the end of the look after publishing: CPU ms a "
        f"chunk, imports not counted; overhead is all but {told}",
        (
            "",
            "wall s",
            "workers, dispatcher",
            "overhead",
            "target",
            "PostgreSQL",
            "Redis",
            "API (asked by the look)",
            "database kB an article",
        ),
        rows,
    )


@contextmanager
def _environment(**values):
    """The environment with these values, and without any other setting of ours."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("BRIEFCAST_")]:
        del os.environ[name]
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def installation(folder, articles, chunks, **extra):
    """A newsroom under `folder` whose articles nobody has asked for; yields its workplace, the API's process
    and its port.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with _environment(**(newsroom.settings(folder) | {"BRIEFCAST_PUBLIC_URL": address} | extra)):
        place = Workplace()
        newsroom.furnish(place, folder, articles, chunks)
        # A process of its own serves what is published, for the look after publishing.
        command = [BIN / "briefcast", "serve", "--no-workers", "--port", str(port)]
        with running(command, folder / "api.log") as api:
            wait_for(lambda: _answers(port), "the API")
            yield place, api, port
        place.database.dispose()


def _answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _parts(folder, articles, chunks):
    """Measure and print where it goes, in one process; return what is no overhead, in milliseconds a chunk."""
    with installation(folder, articles + 1, chunks):
        cost = cost_of([sys.executable, "-m", "tests.bench.parts", str(articles)])
    found, done = json.loads(cost.said), articles * chunks
    kinds, counts = found["kinds"], found["counts"]

    def ms(seconds):
        return seconds * 1000 / done

    def part(name):
        return ms(sum(kind.get(name, 0.0) for kind in kinds.values()))

    around = found["cpu_s"] - sum(kind["all"] for kind in kinds.values())
    table(
        f"where it goes: {articles} articles of {chunks} chunks in one process, CPU ms a chunk",
        ("step", "steps", "all", "sound", "text", "overhead"),
        [
            *(
                (
                    kind,
                    counts[kind],
                    f"{ms(cost['all']):.2f}",
                    f"{ms(cost.get('sound', 0.0)):.2f}",
                    f"{ms(cost.get('text', 0.0)):.2f}",
                    f"{ms(cost['all'] - cost.get('sound', 0.0) - cost.get('text', 0.0)):.2f}",
                )
                for kind, cost in kinds.items()
            ),
            ("claiming, leases, logs", "", f"{ms(around):.2f}", "", "", f"{ms(around):.2f}"),
        ],
    )
    table(
        "a chunk, everything counted",
        ("transactions that write", "that read", "files synced by us"),
        [tuple(f"{counts.get(name, 0) / done:.2f}" for name in ("commits", "reads", "files synced"))],
    )
    return {"sound": part("sound"), "text": part("text"), "look": ms(kinds["verify"]["all"])}


def _embedded(folder, articles, chunks):
    with (
        installation(folder, articles + _WARM, chunks, BRIEFCAST_WORKERS=str(_WORKERS)) as (place, api, _),
        running([BIN / "briefcast", "work"], folder / "work.log") as work,
    ):
        return _worked_off(place, {"work": [work.pid], "API": [api.pid]}, articles, chunks)


def _celery(folder, articles, chunks):
    with ExitStack() as stack:
        server = stack.enter_context(postgres(folder / "postgres", fsync=True))
        broker = stack.enter_context(redis(folder / "redis"))
        (redis_pid,) = [pid for pid in descendants(os.getpid()) if _runs(pid, b"redis-server")]
        extra = {"DATABASE_URL": server.address, "BROKER_URL": broker, "WORKERS": str(_WORKERS)}
        named = {f"BRIEFCAST_{name}": value for name, value in extra.items()}
        place, api, _ = stack.enter_context(installation(folder, articles + _WARM, chunks, **named))
        work = [
            stack.enter_context(running(procfile(name, 0), folder / f"{name}.log")).pid
            for name in ("dispatcher", "speech")
        ]
        parts = {"work": work, "API": [api.pid], "database": [server.pid], "broker": [redis_pid]}
        return _worked_off(place, parts, articles, chunks)


def _runs(pid, name):
    try:
        return name in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _worked_off(place, processes, articles, chunks):
    """Have the articles made by what runs, given by process IDs; return CPU milliseconds a chunk by part, and the wall
    time.
    """

    def spent():
        return {part: sum(map(cpu_of, found)) for part, found in processes.items()}

    def make(numbers):
        newsroom.ask(place, numbers)
        while newsroom.unsettled(place):
            time.sleep(0.5)

    make(range(_WARM))
    before, size, started = spent(), _size(place), time.monotonic()
    make(range(_WARM, _WARM + articles))
    wall_s, after = time.monotonic() - started, spent()
    done = articles * chunks
    return {"wall_s": wall_s, "grown": _size(place) - size} | {
        part: (after[part] - before[part]) * 1000 / done for part in processes
    }


def _size(place):
    """Bytes of the database, indexes included."""
    sqlite = place.database.engine.dialect.name == "sqlite"
    pages = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
    with place.database.reading() as session:
        return session.scalar(text(pages if sqlite else "SELECT pg_database_size(current_database())"))
