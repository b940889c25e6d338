from __future__ import annotations

import json
import sqlite3
import threading
from datetime import UTC, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData, inspect, select, text

from briefing.database import Database
from briefing.errors import Misconfigured
from briefing.models import (
    ArticleRow,
    Base,
    BriefingRow,
    EpisodeRow,
    MasterRow,
    RevisionRow,
    ShowRow,
    SourceRow,
    StepRow,
    TakeRow,
)
from briefing.revisions import casting_of
from briefing.speech import Cast, Casting, Narrator
from briefing.sql.schema import current, migrate, newest
from tests.support.command import briefcast
from tests.support.processes import ROOT

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def database(empty_address):
    """An empty database, once of each kind."""
    database = Database(empty_address)
    yield database
    database.dispose()


def differences(database):
    """What tells the migrated schema from the tables as declared, types and indexes included."""
    with database.engine.connect() as connection:
        return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), Base.metadata)


def test_migrations_lead_to_the_tables_as_declared(database):
    assert current(database) is None
    migrate(database)
    assert current(database) == newest()
    assert differences(database) == []


#: A row of each table whose columns come and go, at the newest schema.
ROWS = (
    ShowRow(slug="s", position=0, settings={"a": [1]}, listed=True, podcast_guid="g", artwork_png=True),
    SourceRow(name="desk", position=0, listed=True, settings={}),
    BriefingRow(id="b", identity="i", show="s", kind="story", articles=["desk:x"], created_at=NOW),
    MasterRow(
        key="m", sha256="a", bytes=5, samples=6, transcript="t", picture="p", picture_ending="png",
        chapters=[{"t": 1}], content={"u": "\u2028é"}, created_at=NOW,
    ),
    TakeRow(
        key="t", sha256="b", rate=22_050, samples=7, loudness_lufs=-20.5, words=[[0, 1, 2, 3]], timing="exact",
        created_at=NOW,
    ),
    RevisionRow(
        id=3, briefing_id="b", number=1, state="live", queue="bulk", voice="joe", voices={"quotes": "amy"}, request={},
        show={}, asked_again=False, requested_by="t", created_at=NOW, master_key="m", fallbacks=[],
        cast={"body": {"voice": "joe"}}, verification={"state": "verified"},
    ),
    StepRow(id=9, revision_id=3, kind="speak", queue="bulk", payload={"chunk": {}}, state="done", lease_until=1.5e9),
    EpisodeRow(show="s", briefing_id="b", guid="g", published_at=NOW, kept_guid="https://old.example/?p=1"),
    ArticleRow(source="desk", id="x", address=None, found_labels={"tags": ["a"]}, told_labels=None, picks=["s"]),
)  # fmt: skip

#: Every migration after the first, newest first: where each test of going down stops.
STEPS_DOWN = sorted((path.name[:4] for path in (ROOT / "migrations" / "versions").glob("0*.py")), reverse=True)[1:]


def contents(database):
    """All rows of all tables that there are, by table and column."""
    found = {}
    with database.engine.connect() as connection:
        tables = MetaData()
        tables.reflect(connection)
        for table in tables.sorted_tables:
            if table.name != "alembic_version":
                rows = connection.execute(select(table)).mappings().all()
                for column in table.columns:
                    found[table.name, column.name] = [row[column.name] for row in rows]
    return found


def test_migrations_go_down_and_up_step_by_step_and_keep_what_both_sides_know(database):
    migrate(database)
    with database.writing() as session:
        for row in ROWS:
            session.merge(row)
            session.flush()
    before = contents(database)
    reached = {}
    # When every step is taken back, one at a time / Then what the older schema knows is still there
    for step in STEPS_DOWN:
        migrate(database, step)
        assert current(database) == step
        reached[step] = contents(database)
        assert {place: rows for place, rows in reached[step].items() if place in before} == {
            place: rows for place, rows in before.items() if place in reached[step]
        }
    # And when they are applied again, one at a time / Then the same tables are there as declared, and the same rows
    for step in [*reversed(STEPS_DOWN[:-1]), newest()]:
        migrate(database, step)
        kept = reached.get(step, before)
        after = contents(database)
        assert after.keys() == kept.keys()
        assert {place for place in kept if kept[place] and after[place] == []} == set(), "no row is lost"
    assert differences(database) == []
    lost = {place for place in before if before[place] != after[place]}
    assert lost <= {
        ("articles", "found_labels"), ("articles", "picks"), ("episodes", "kept_guid"),
        ("masters", "chapters"), ("masters", "transcript"), ("masters", "picture"), ("masters", "picture_ending"),
        ("shows", "artwork_png"), ("takes", "words"), ("takes", "timing"),
        ("revisions", "verification"), ("revisions", "cast"), ("revisions", "voices"), ("steps", "ready_at"),
    }, "only what an older schema has no column for"  # fmt: skip
    migrate(database, "base")
    assert set(inspect(database.engine).get_table_names()) <= {"alembic_version"}
    migrate(database)
    assert differences(database) == []


def test_two_that_migrate_at_once_do_it_once(database):
    start, failed = threading.Barrier(4), []

    def bring_up():
        mine = Database(database.address)
        start.wait()
        try:
            migrate(mine)
        except Exception as error:  # noqa: BLE001  told by the test
            failed.append(error)
        mine.dispose()

    threads = [threading.Thread(target=bring_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert differences(database) == []


def test_who_opens_a_new_file_while_another_writes_to_it_waits(tmp_path):
    # Given a file that somebody has just begun, and is writing to / When it is opened / Then that waits, though SQLite
    # refuses to begin its log at once
    path, modes = tmp_path / "briefcast.db", []
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    def open_it():
        mine = Database(f"sqlite:///{path}")
        with mine.writing() as session:
            modes.append(session.scalar(text("PRAGMA journal_mode")))
        mine.dispose()

    thread = threading.Thread(target=open_it)
    thread.start()
    thread.join(0.2)
    other.execute("COMMIT")
    other.close()
    thread.join()
    assert modes == ["wal"]


def test_a_database_of_a_newer_briefcast_is_left_alone(database, empty_address, monkeypatch):
    migrate(database)
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        session.execute(text("CREATE TABLE of_tomorrow (id INTEGER)"))
    # Older processes go on: migrations only add
    migrate(database)
    # Whoever asks for the newest schema is told, and is no failure: hosts are upgraded one by one
    monkeypatch.setenv("BRIEFCAST_DATABASE_URL", empty_address)
    done = briefcast("migrate")
    assert done.returncode == 0
    assert "9999" in done.stdout
    assert "newer version" in done.stdout
    # But one of those that only the newer version knows is not to be reached
    with pytest.raises(Misconfigured, match="9999"):
        migrate(database, "base")
    assert current(database) == "9999"
    assert "of_tomorrow" in inspect(database.engine).get_table_names()


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_that_holds_not_every_text_is_refused(cluster, encoding):
    cluster.sql(
        f"CREATE DATABASE {encoding} OWNER briefcast ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    )
    database = Database(cluster.address_of(encoding.lower()))
    with pytest.raises(Misconfigured, match=f"encoding is {encoding}") as refused:
        migrate(database)
    assert "ENCODING 'UTF8'" in refused.value.hint
    assert current(database) is None
    database.dispose()


def test_a_narrator_of_before_becomes_a_cast_and_back(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'b.db'}")
    migrate(database, "0003")
    narrator = {"voice": "joe", "engine": "piper", "engine_version": "1", "model_digest": "d", "language": "en"}
    with database.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO shows VALUES ('s', 0, '{}', 1, 'guid')")
        connection.exec_driver_sql(
            "INSERT INTO briefings (id, identity, show, kind, articles, created_at) "
            "VALUES ('b', 'i', 's', 'story', '[]', '2026-01-01')"
        )
        for number, pinned in ((1, json.dumps(narrator)), (2, None)):
            connection.exec_driver_sql(
                "INSERT INTO revisions (id, briefing_id, number, state, queue, voice, request, show, asked_again, "
                "requested_by, created_at, narrator, chunks_total, chunks_reused, chunks_left, spoken_s) "
                "VALUES (?, 'b', ?, 'live', 'bulk', 'joe', '{}', '{}', 0, 't', '2026-01-01', ?, 0, 0, 0, 0)",
                (number, number, pinned),
            )
    migrate(database)
    with database.reading() as session:
        old, unprepared = session.get_one(RevisionRow, 1), session.get_one(RevisionRow, 2)
        assert Cast.model_validate(old.cast).narrators == (Narrator.model_validate(narrator),)
        assert (old.voices, old.fallbacks, unprepared.cast) == ({}, [], None)
        assert casting_of(old) == Casting(body="joe")
    migrate(database, "0003")
    with database.engine.connect() as connection:
        (found,) = connection.exec_driver_sql("SELECT narrator FROM revisions WHERE id = 1").one()
    assert json.loads(found) == narrator
    database.dispose()


def test_sqlite_is_set_up_to_lose_nothing(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'b.db'}")
    migrate(database)
    with database.engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    database.dispose()


def test_the_database_clock_tells_the_time(tmp_path):
    import time

    from briefing.database import database_clock

    database = Database(f"sqlite:///{tmp_path / 'b.db'}")
    with database.reading() as session:
        before = time.time()
        told = session.scalar(database_clock().select())
        assert before - 1 < told < time.time() + 1
    database.dispose()


def test_a_newer_versions_database_is_used_as_it_is(place):
    # Given a database that a version to come has migrated / When an older process starts on it / Then it changes nothing
    with place.database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    migrate(place.database)
    assert current(place.database) == "9999"
    # And `briefcast migrate` says so
    done = briefcast("migrate")
    assert done.returncode == 0
    assert "9999" in done.stdout
    assert "newer" in done.stdout


def test_a_database_of_something_else_is_refused(place):
    with place.database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'c0ffee'"))
    with pytest.raises(Misconfigured, match="cannot be brought"):
        migrate(place.database)
