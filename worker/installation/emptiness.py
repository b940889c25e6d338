"""An empty house: no database, or one that has been migrated and nothing put into.

A backup is restored into one, and none of it takes the place of another's. Whatever starts by compose or in a cluster
migrates first, so a host on which everything was started once has a schema. It is taken away, as a copy of the
database brings its own.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import MetaData, inspect, select

from briefing.errors import BadInput
from briefing.models import BriefingRow, KeyRow, ShowRow, SourceRow, UserRow
from briefing.sql.outages import reporting
from briefing.sql.schema import VERSION_TABLE

if TYPE_CHECKING:
    from briefing.database import Database

#: What somebody has put there; all other rows come with these, or tell of processes.
_PUT_THERE = (ShowRow, SourceRow, BriefingRow, KeyRow, UserRow)


def make_room(database: Database) -> None:
    """Take away a schema without content. Raises BadInput (not_empty) where there is any, and (still_served) where
    processes use an SQLite database; DatabaseUnavailable.
    """
    file = Path(str(database.engine.url.database)) if database.engine.dialect.name == "sqlite" else None
    if file is not None and not file.exists():
        return
    tables = _tables(database)
    if not has_nothing(database) or (tables and VERSION_TABLE not in tables):
        message = "there is a database already, and not an empty one; a backup is restored into an empty installation"
        hint = "Move the old one away, or make a new one: another BRIEFCAST_DATA, or BRIEFCAST_DATABASE_URL."
        raise BadInput(message, code="not_empty", hint=hint)
    database.dispose()
    if file is not None:
        _check_unused(file)
        file.unlink()
        return
    with reporting(), database.engine.begin() as connection:
        schema = MetaData()
        schema.reflect(connection)
        schema.drop_all(connection)


def has_nothing(database: Database) -> bool:
    """Whether nobody has put anything into a database. Raises DatabaseUnavailable."""
    tables = _tables(database)
    with database.reading() as session:
        kinds = [kind for kind in _PUT_THERE if kind.__tablename__ in tables]
        return not any(session.execute(select(kind.__table__).limit(1)).first() for kind in kinds)


def _tables(database: Database) -> set[str]:
    with reporting():
        return set(inspect(database.engine).get_table_names())


def _check_unused(file: Path) -> None:
    """Raise BadInput unless nobody has the database open: what replaces it would meet the journal of theirs."""
    try:
        with closing(sqlite3.connect(file, timeout=1)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError as error:
        message = "the installation is being served"
        raise BadInput(message, code="still_served", hint="Stop all of its processes first.") from error
