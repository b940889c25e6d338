from __future__ import annotations

import json

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from briefing.database import Database
from briefing.errors import Misconfigured
from briefing.models import Base, RevisionRow
from briefing.revisions import casting_of
from briefing.schema import current, migrate, newest
from briefing.speech import Cast, Casting, Narrator
from tests.support.command import briefcast


def test_migrations_lead_to_the_tables_as_declared(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'b.db'}")
    assert current(database) is None
    migrate(database)
    assert current(database) == newest()
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    database.dispose()


def test_migrations_go_down_and_up_again(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'b.db'}")
    migrate(database)
    migrate(database, "base")
    assert set(inspect(database.engine).get_table_names()) <= {"alembic_version"}
    migrate(database)
    assert "steps" in inspect(database.engine).get_table_names()
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
        assert abs(session.scalar(database_clock().select()) - time.time()) < 1
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
