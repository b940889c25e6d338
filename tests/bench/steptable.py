"""The step table under load: `./run.sh bench claims`, and `./run.sh bench queue`.

`claims`: claims with their finish a second, by 1, 8 and 32 processes at once, as the embedded runner's children do them:
one transaction to claim, one to finish. `queue`: each move at a hundred ready steps and at 100,000 with a million done
ones beside them; and the writing of a feed whose show has 100,000 episodes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, insert, select, text

from briefing import steps
from briefing.database import Database
from briefing.models import BriefingRow, EpisodeRow, MasterRow, RevisionRow, ShowRow, StepRow
from briefing.podcasts.show import Show
from briefing.sql.schema import migrate
from briefing.states import Queue, StepKind, StepState
from briefing.storage import FolderStorage, PublicFolder
from briefing.values import Card
from tests.bench.measure import cpu_of, table
from tests.support.postgres import postgres
from tests.support.processes import ROOT
from worker.feeds.show_feed import write_feed
from worker.public.public_files import PublicFiles

_CROWDS = (1, 8, 32)

#: How many times each move is made; the mean counts. The server's CPU is told in hundredths of a second: of 15 moves of
#: a millisecond each, one more or less was the half of it.
_TIMES = 200

#: CPU seconds after which a move is not made again: an archive of 100,000 episodes takes eight to write.
_MOST_S = 3.0

_ALL = (Queue.INTERACTIVE, Queue.BULK, Queue.ONLINE)

#: Few and many: ready steps, done ones beside them, episodes of the show.
_FEW, _MANY = (300, 100, 300), (100_000, 1_000_000, 100_000)

_ROWS_AT_ONCE = 20_000


@contextmanager
def _databases():
    """An empty database of each kind, by name; both sync every commit to the disk."""
    with tempfile.TemporaryDirectory() as folder, postgres(Path(folder) / "log", fsync=True) as server:
        found = {"SQLite": Database(f"sqlite:///{folder}/briefcast.db"), "PostgreSQL": Database(server.address)}
        migrate(found["SQLite"])
        try:
            yield found, server
        finally:
            for database in found.values():
                database.dispose()


def run_claims(steps_each="1000"):
    """Measure and print claims a second."""
    with _databases() as (databases, server):
        rows = [
            (name, *_crowd(database, server, workers, int(steps_each)))
            for name, database in databases.items()
            for workers in _CROWDS
        ]
    table(
        f"{steps_each} steps claimed and finished, two transactions each, every one synced to the disk",
        ("", "workers", "a second", "CPU ms each", "the server's CPU ms each", "longest pair, s"),
        rows,
    )


def _crowd(database, server, workers, count):
    fill_steps(database, count, StepState.READY)
    command = [sys.executable, "-m", "tests.bench.claimer", database.address]
    crowd = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(workers)
    ]
    for process in crowd:
        assert process.stdout.readline() == "ready\n"

    def spent():
        return sum(cpu_of(process.pid) for process in crowd), cpu_of(server.pid)

    before, started = spent(), time.monotonic()
    for process in crowd:
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [json.loads(process.stdout.readline()) for process in crowd]
    wall_s, after = time.monotonic() - started, spent()
    for process in crowd:
        process.communicate()
    assert sum(entry["done"] for entry in said) == count
    each = [(later - earlier) * 1000 / count for later, earlier in zip(after, before, strict=True)]
    served = "" if database.engine.dialect.name == "sqlite" else f"{each[1]:.2f}"
    longest = max(entry["longest_s"] for entry in said)
    return workers, f"{count / wall_s:.0f}", f"{each[0]:.2f}", served, f"{longest:.2f}"


def files_in(folder):
    """Files that readers fetch, in `folder`."""
    return PublicFiles(storage=PublicFolder(folder, FolderStorage(folder)), address="http://bench.example")


def run_queue(scale="1"):
    """Measure and print what each move costs at few and at many rows. `scale` makes the many fewer: 0.1, say."""
    many = tuple(int(count * float(scale)) for count in _MANY)
    with _databases() as (databases, server), tempfile.TemporaryDirectory() as folder:
        for name, database in databases.items():
            found = []
            for sizes in (_FEW, many):
                _fill(database, sizes)
                found.append(_moves(database, server, files_in(Path(folder))))
            table(
                f"{name}: CPU ms of a move, the server's included; {_FEW[0]:,} ready and {_FEW[1]:,} done steps, "
                f"{_FEW[2]:,} episodes, against {many[0]:,}, {many[1]:,}, {many[2]:,}",
                ("", "few", "many", "ratio"),
                [
                    (move, f"{few:.2f}", f"{found[1][move]:.2f}", f"{found[1][move] / max(few, 0.01):.1f}")
                    for move, few in found[0].items()
                ],
            )


def _moves(database, server, files):
    """CPU milliseconds of each move, the middle of several."""
    leases = []

    def claimed(session):
        leases.append(steps.claim(session, holder="bench", lease_s=60.0, queues=_ALL))

    def writing(move):
        with database.writing() as session:
            move(session)

    def reading(move):
        with database.reading() as session:
            move(session)

    newest = _newest_revision(database)
    moves = {
        "is_due": lambda: reading(lambda session: steps.is_due(session, _ALL)),
        "claim": lambda: writing(claimed),
        "renew": lambda: writing(lambda session: steps.renew(session, leases[-1], 60.0)),
        "finish": lambda: writing(lambda session: steps.finish(session, leases.pop())),
        "release_expired": lambda: writing(steps.release_expired),
        "release_held_by": lambda: writing(lambda session: steps.release_held_by(session, "nobody")),
        "cancel": lambda: writing(lambda session: steps.cancel(session, newest, "superseded")),
        "due_to_ring": lambda: reading(lambda session: steps.due_to_ring(session, 60.0, 100)),
        "count what is not done": lambda: reading(_counts),
        "write_feed": lambda: reading(lambda session: write_feed(session, "bench", files)),
    }
    return {name: _cost_ms(move, database, server) for name, move in moves.items()}


def _cost_ms(move, database, server):
    """CPU milliseconds of a move, ours and the server's, the mean of several after one that does not count."""
    move()
    remote = (lambda: cpu_of(server.pid)) if database.engine.dialect.name != "sqlite" else (lambda: 0.0)
    began, elsewhere = time.process_time(), remote()
    times = 0
    while times < _TIMES and time.process_time() - began < _MOST_S:
        move()
        times += 1
    return (time.process_time() - began + remote() - elsewhere) * 1000 / times


def _counts(session):
    """As metrics count: what is waiting, ready, leased or dead, by queue."""
    waiting = [state.value for state in StepState if state is not StepState.DONE]
    grouped = select(StepRow.state, StepRow.queue, func.count()).where(StepRow.state.in_(waiting))
    session.execute(grouped.group_by(StepRow.state, StepRow.queue)).all()


def _newest_revision(database):
    with database.reading() as session:
        return session.scalar(select(func.max(RevisionRow.id)))


def _fill(database, sizes):
    """Bring the tables to these sizes."""
    ready, done, episodes = sizes
    with database.writing() as session:
        there = session.scalar(select(func.count()).select_from(EpisodeRow))
        finished = session.scalar(select(func.count()).where(StepRow.state == StepState.DONE.value))
    fill_steps(database, done - finished, StepState.DONE)
    fill_steps(database, ready, StepState.READY)
    fill_episodes(database, there, episodes)
    if database.engine.dialect.name == "postgresql":
        # As its autovacuum does; nobody does so to SQLite.
        with database.writing() as session:
            session.execute(text("ANALYZE"))


def fill_steps(database, count, state):
    row = {"kind": StepKind.SPEAK.value, "queue": Queue.BULK.value, "seq": 0, "state": state.value, "fence": 0}
    row |= {"attempts": 0, "postponed": 0, "payload": {"chunk": {"spoken": "The harbour was quiet on Tuesday. " * 3}}}
    for start in range(0, count, _ROWS_AT_ONCE):
        with database.writing() as session:
            session.execute(insert(StepRow.table()), [row] * min(_ROWS_AT_ONCE, count - start))


def fill_episodes(database, first, last):
    """Briefings `first` to `last` - 1 of one show, each live and an episode of it."""
    show = Show(slug="bench", title="Bench").model_dump(mode="json")
    card = Card(
        title="A story", summary="It was quiet.", byline=None, link=None, language="en", disclosure="AI", words=3
    )
    now = datetime(2026, 1, 1, tzinfo=UTC)
    if first == 0:
        with database.writing() as session:
            session.execute(
                insert(ShowRow.table()),
                [{"slug": "bench", "position": 0, "settings": show, "listed": True, "podcast_guid": "b"}],
            )
    for start in range(first, last, _ROWS_AT_ONCE):
        numbers = range(start, min(last, start + _ROWS_AT_ONCE))
        with database.writing() as session:
            session.execute(
                insert(MasterRow.table()),
                [
                    {"key": f"{number:064x}", "sha256": f"{number:064x}", "bytes": 1, "samples": 1, "transcript": ""}
                    | {"chapters": [], "content": {}, "created_at": now}
                    for number in numbers
                ],
            )
            session.execute(
                insert(BriefingRow.table()),
                [
                    {"id": f"{number:016x}", "identity": f"{number:064x}", "show": "bench", "kind": "story"}
                    | {"articles": [f"desk:{number}"], "live_revision": number + 1, "created_at": now}
                    for number in numbers
                ],
            )
            session.execute(
                insert(RevisionRow.table()),
                [
                    {"id": number + 1, "briefing_id": f"{number:016x}", "number": 1, "state": "live", "queue": "bulk"}
                    | {"voice": "hush", "voices": {}, "request": {}, "show": show, "requested_by": "bench"}
                    | {"asked_again": False, "chunks_total": 0, "chunks_reused": 0, "chunks_left": 0, "spoken_s": 0.0}
                    | {"fallbacks": [], "card": card.model_dump(mode="json"), "master_key": f"{number:064x}"}
                    | {"created_at": now}
                    for number in numbers
                ],
            )
            session.execute(
                insert(EpisodeRow.table()),
                [
                    {"show": "bench", "briefing_id": f"{number:016x}", "guid": f"{number:032x}"}
                    | {"published_at": now + timedelta(seconds=number)}
                    for number in numbers
                ],
            )
