"""The database: engine and sessions, made on first use and again after a fork.

Knows no tables. SQLite and PostgreSQL differ only here and in `database_clock`.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import Engine, Float, create_engine, event
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import FunctionElement

from briefing import events
from briefing.errors import DatabaseUnavailable, Misconfigured

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection
    from sqlalchemy.engine.interfaces import DBAPIConnection

#: Seconds a writer waits for SQLite's single write lock before giving up: many workers finish chunks
#: at once, each holding it for milliseconds, so a wait this long means something is badly wrong.
_BUSY_S = 30.0


class database_clock(FunctionElement[float]):  # noqa: N801  reads as an SQL function
    """Seconds since the epoch by the database's clock, so that leases survive skewed hosts (F21)."""

    type = Float()
    inherit_cache = True


@compiles(database_clock, "sqlite")
def _sqlite_clock(*_: object, **__: object) -> str:
    # unixepoch('subsec') needs SQLite 3.42; Debian 12 has 3.40.
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(database_clock, "postgresql")
def _postgresql_clock(*_: object, **__: object) -> str:
    return "extract(epoch from clock_timestamp())"


def _prepare_sqlite(engine: Engine, busy_s: float) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: DBAPIConnection, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, below
        cursor = connection.cursor()
        # WAL with synchronous=NORMAL may lose the last commits on power loss; the queue may not.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={busy_s * 1000:.0f}", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A transaction that reads first and writes later gets SQLITE_BUSY whatever the time-out,
        # so every writing transaction takes the lock at once.
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _engine(address: str) -> Engine:
    try:
        return create_engine(address, pool_pre_ping=not address.startswith("sqlite"))
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        message = f"BRIEFCAST_DATABASE_URL names no database that can be used: {error}"
        raise Misconfigured(message, hint="Write it like sqlite:////srv/briefcast/briefcast.db.") from error


@contextmanager
def reporting() -> Iterator[None]:
    """Raise DatabaseUnavailable for what a driver raises when its database is away, locked, full or not writable."""
    try:
        yield
    except (OperationalError, PoolTimeout) as error:
        message = f"the database cannot be used: {getattr(error, 'orig', error)}"
        raise DatabaseUnavailable(message) from error
    except DatabaseError as error:
        # SQLite's word for a file that is no database, or a damaged one; the classes below it are mistakes of ours.
        if type(error) is not DatabaseError:
            raise
        message = f"the database cannot be used: {error.orig}"
        raise DatabaseUnavailable(message) from error


class Database:
    """Opens sessions on one database address. `busy_s` is how long one waits for another writer, in seconds."""

    def __init__(self, address: str, busy_s: float = _BUSY_S) -> None:
        self.address = address
        self._busy_s = busy_s
        self._engine: Engine | None = None
        self._pid = 0

    @property
    def engine(self) -> Engine:
        """The engine of this process; a forked child makes its own. Raises Misconfigured for an address of no
        database.
        """
        if self._engine is None or self._pid != os.getpid():
            if self._engine is not None:
                self._engine.dispose(close=False)
            self._engine = _engine(self.address)
            self._pid = os.getpid()
            if self._engine.dialect.name == "sqlite":
                _prepare_sqlite(self._engine, self._busy_s)
        return self._engine

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one consistent state and is rolled back at the end. Raises DatabaseUnavailable."""
        with reporting(), Session(self.engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session in one transaction: committed at the end, rolled back on any error. Raises DatabaseUnavailable."""
        engine = self.engine.execution_options(writing=True)
        with reporting(), Session(engine, expire_on_commit=False) as session:
            with session.begin():
                yield session
            events.say(session)

    def dispose(self) -> None:
        """Close pooled connections."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None
