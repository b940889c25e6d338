"""A small newsroom for tests: one show read by the silent voice, and one folder of articles."""

from __future__ import annotations

import tempfile
from functools import lru_cache
from pathlib import Path

from briefing.database import Database
from briefing.podcasts.newsroom import load_newsroom
from briefing.sql.schema import migrate
from briefing.states import Queue, StepKind
from worker.installation.newsroom import apply
from worker.running.perform import perform_next
from worker.tasks import TASKS
from worker.workplace import Workplace

NEWSROOM = """
[[shows]]
slug = "daily"
title = "The Test Ledger"
voice = "silence"

[[shows]]
slug = "held"
title = "Held Back"
voice = "silence"
publish = "hold"

[[sources]]
name = "desk"
kind = "files"
folder = "articles"

[[sources]]
name = "slow"
kind = "files"
folder = "articles"
show = "held"

[[sources]]
name = "site"
kind = "http"
hosts = ["news.example", "*.news.example"]
"""

#: The same without music, which takes most of the time of a short programme and half of what most tests cost.
PLAIN = NEWSROOM.replace('voice = "silence"\n', 'voice = "silence"\nintro = "none"\noutro = "none"\n')

#: Long enough for three chunks beside headline and disclosure.
ARTICLE = """# Ferry runs again

The ferry runs again from Monday, the harbour board said.

Crews had stopped work for four days over unpaid overtime.

Both sides are to meet again on Nov. 20.
"""


@lru_cache(maxsize=1)
def _migrated() -> bytes:
    """An empty database at the newest schema: made once, since hundreds of tests begin with one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "briefcast.db"
        database = Database(f"sqlite:///{path}")
        migrate(database)
        database.dispose()
        return path.read_bytes()


def make_database(database: Database) -> None:
    """Bring an empty database to the newest schema; a file is a copy of one that has been brought there."""
    path = Path(database.address.removeprefix("sqlite:///"))
    if not database.address.startswith("sqlite:///") or path.exists():
        migrate(database)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_migrated())


def make_place(folder: Path, toml: str = PLAIN) -> Workplace:
    """Return a workplace under `folder`, its newsroom applied. Articles belong in `folder/articles`."""
    (folder / "articles").mkdir(exist_ok=True)
    (folder / "briefcast.toml").write_text(toml)
    place = Workplace()
    make_database(place.database)
    apply(load_newsroom(folder / "briefcast.toml"), place)
    return place


def work_off(place: Workplace, most: int = 1000, *, verify: bool = False) -> int:
    """Perform steps until none is ready; return how many were.

    Unless something serves the published files and it is to `verify` them, those steps are left ready, as by a worker
    that does not know their kind.
    """
    known = dict(TASKS)
    if not verify:
        TASKS.pop(StepKind.VERIFY, None)
    try:
        for done in range(most):
            if not perform_next(place, tuple(Queue)):
                return done
    finally:
        TASKS.update(known)
    message = f"still busy after {most} steps"
    raise AssertionError(message)
