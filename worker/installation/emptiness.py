"""An empty house: no database, or one that has been migrated and nothing put into.

A backup is restored into one. Whatever starts by compose or in a cluster migrates first, so a host on which everything
was started once has a schema. It is taken away, as a copy of the database brings its own. One that is set up, but in
which nothing was made yet, is not empty, and not worth a backup over another's either.
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

_AWAY = (
    "Move the old one away, with all that is called alike (briefcast.db, briefcast.db-wal, …), or make a new one: "
    "another BRIEFCAST_DATA, or BRIEFCAST_DATABASE_URL."
)

#: What SQLite lays beside a database.
_JOURNALS = ("-wal", "-shm", "-journal")


def make_room(database: Database) -> None:
    """Take away a schema without content. Raises BadInput (not_empty) where there is any, or an old one's journal, and
    (still_served) where processes use an SQLite database; DatabaseUnavailable.
    """
    file = Path(str(database.engine.url.database)) if database.engine.dialect.name == "sqlite" else None
    if file is not None and not file.exists():
        # SQLite would play what an old database left into the new one.
        left = [journal.name for journal in (file.with_name(file.name + end) for end in _JOURNALS) if journal.exists()]
        if left:
            message = f"an old database has left {', '.join(left)} where the new one is to lie"
            raise BadInput(message, code="not_empty", hint=_AWAY)
        return
    with reporting():
        tables = set(inspect(database.engine).get_table_names())
    with database.reading() as session:
        kinds = [kind for kind in _PUT_THERE if kind.__tablename__ in tables]
        filled = any(session.execute(select(kind.__table__).limit(1)).first() for kind in kinds)
    if filled or (tables and VERSION_TABLE not in tables):
        message = "there is a database already, and not an empty one; a backup is restored into an empty installation"
        raise BadInput(message, code="not_empty", hint=_AWAY)
    database.dispose()
    if file is not None:
        _check_unused(file)
        file.unlink()
        return
    with reporting(), database.engine.begin() as connection:
        schema = MetaData()
        schema.reflect(connection)
        schema.drop_all(connection)


def has_nothing_made(database: Database) -> bool:
    """Whether nothing was ever asked for in an installation, however it is set up. Raises DatabaseUnavailable."""
    with database.reading() as session:
        return session.execute(select(BriefingRow.id).limit(1)).first() is None


def _check_unused(file: Path) -> None:
    """Raise BadInput unless nobody has the database open: what replaces it would meet the journal of theirs."""
    try:
        with closing(sqlite3.connect(file, timeout=1)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError as error:
        message = "the installation is being served"
        raise BadInput(message, code="still_served", hint="Stop all of its processes first.") from error
