"""Every test runs in a folder of its own, with no setting of ours from outside and no proxy."""

from __future__ import annotations

import gc
import os
import shutil
import time
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from briefing.database import Database
from tests.support import memory_disk
from tests.support.client import free_port
from tests.support.newsroom import make_database, make_place
from tests.support.once import (
    find_engines_once,
    read_migrations_once,
    render_once,
    share_statements,
    trace_plainly,
    trust_once,
)
from tests.support.postgres import Postgres, postgres
from worker import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from worker.workplace import Workplace


# No test of ours is timed: a busy machine would fail it.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

# What the tests' modules bring stays: looking through it for garbage while they are loaded, and then again and again, is a
# tenth of what tests cost. Looked through is what comes after (pytest_collection_finish), a little less often than usual.
gc.disable()

#: Objects that come before garbage is looked for, in place of 700.
_OBJECTS = 10_000

#: Where in memory this process has had everybody's temporary files laid.
_IN_MEMORY = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Lay temporary files out in memory, once for all processes."""
    if not hasattr(config, "workerinput") and not config.option.collectonly and (folder := memory_disk.lay_out()):
        config.stash[_IN_MEMORY] = folder


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Leave out of the search for garbage what has been loaded."""
    gc.freeze()
    gc.set_threshold(_OBJECTS)
    gc.enable()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing in memory."""
    if _IN_MEMORY in config.stash:
        shutil.rmtree(config.stash[_IN_MEMORY], ignore_errors=True)


@pytest.fixture(autouse=True, scope="session")
def _once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        share_statements(patch)
        trust_once(patch)
        find_engines_once(patch)
        # What a probe finds out of late, it says as if it had found nothing: on a busy machine that is no fault.
        for probe in ("health", "metrics"):
            patch.setattr(f"api.{probe}._ANSWER_S", 60.0)
        trace_plainly(patch)
        read_migrations_once(patch)
        yield


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("BRIEFCAST_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("BRIEFCAST_DATA", str(tmp_path / "var"))
    monkeypatch.setenv("BRIEFCAST_RUN", str(tmp_path / "run"))
    monkeypatch.setenv("BRIEFCAST_PUBLIC_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("BRIEFCAST_LOG_LEVEL", "ERROR")
    monkeypatch.chdir(tmp_path)


#: What the parsing child says of a page: the same each time, and asking costs half a second.
_parse_once = lru_cache(maxsize=256)(clean._parse)


@pytest.fixture(autouse=True)
def _parsed_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each text parsed once, but where parsing is what is tested."""
    if not request.path.name.startswith(("test_clean", "test_pages", "test_plain")):
        monkeypatch.setattr(clean, "_parse", _parse_once)


#: The files whose tests are of the sound itself.
_OF_SOUND = ("test_assemble", "test_encode", "test_jingles", "test_levels", "test_listen", "test_memory", "test_sign",
             "test_sound", "test_stitch", "test_stream", "test_watermark")  # fmt: skip


@pytest.fixture(autouse=True)
def _rendered_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have equal sound be rendered once, but where sound is what is tested."""
    if not request.path.name.startswith(_OF_SOUND):
        render_once(monkeypatch)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A PostgreSQL for all tests of this process; each makes a database of its own. It is neither stopped nor cut."""
    with postgres(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'b.db'}"
    server: Postgres = request.getfixturevalue("cluster")
    return server.new_database(migrated=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def any_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database at the newest schema, once of each kind."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'b.db'}")
        make_database(database)
    else:
        database = Database(request.getfixturevalue("cluster").new_database())
    yield database
    database.dispose()


@pytest.fixture
def one_day() -> None:
    """Begin where a day of UTC has a minute left: what is counted by the day is counted in one."""
    left = -time.time() % 86_400
    if left < 60:
        time.sleep(left + 0.1)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Workplace]:
    """A workplace with one silent show and an empty folder of articles as its source."""
    place = make_place(tmp_path)
    yield place
    place.database.dispose()
