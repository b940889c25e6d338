from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

from briefing.database import Database
from briefing.models import Base
from briefing.schema import current, migrate, newest


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
