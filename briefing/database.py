"""The database: engine and sessions, made on first use and again after a fork.

Knows no tables. SQLite and PostgreSQL differ only here, in `database_clock`, in `outages` and in `payloads`.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, Float, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import FunctionElement

from briefing.errors import Misconfigured
from briefing.observing import events
from briefing.observing.logs import masked
from briefing.settings.addresses import check_database
from briefing.sql.outages import reporting, sqlstate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL, Connection
    from sqlalchemy.engine import ExceptionContext
    from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor

#: Seconds a writer waits for SQLite's single write lock, or for another's row lock, before giving up: many workers
#: finish chunks at once, each holding it for milliseconds, so a wait this long means something is badly wrong.
BUSY_S = 30.0

#: Seconds before SQLite is asked once more for its log.
_MOMENT_S = 0.01

#: Connections that are kept open; further ones, up to a process's most, are closed after use.
_KEPT = 5

#: Seconds after which a connection is replaced, so that none outlives a pooler's or firewall's patience.
_RECYCLE_S = 1800

#: How PostgreSQL is connected to, unless the address says otherwise: a host that is gone is noticed within half a
#: minute, not after the two hours of TCP's own defaults.
_POSTGRESQL: dict[str, str] = {
    "application_name": "briefcast",
    "client_encoding": "UTF8",
    "connect_timeout": "5",
    "keepalives_idle": "15",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}

#: Seconds a transaction of ours may do nothing before PostgreSQL ends it: a worker that was stopped in the middle of
#: one must not keep others from the rows it has locked. Publishing writes files in between: seconds at most.
_IDLE_IN_TRANSACTION_S = 60

#: Drivers by the names people write; psycopg is the one that is installed.
_DRIVERS = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}

#: SQLSTATE of a server that takes no writes (any more): after a failover its connections are of no use to us.
_READ_ONLY = "25006"


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
    # Not now(), which is when the transaction began: it may have waited for a lock since.
    return "extract(epoch from clock_timestamp())::double precision"


def clock_s(session: Session) -> float:
    """Return the database's clock, in seconds since the epoch: hosts' own may differ."""
    return float(session.scalar(database_clock().select()) or 0.0)


def clock(session: Session) -> datetime:
    """Return the time by the database's clock, by which steps begin."""
    return datetime.fromtimestamp(clock_s(session), UTC)


def _prepare_sqlite(engine: Engine, busy_s: float) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: DBAPIConnection, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, below
        cursor = connection.cursor()
        _use_wal(cursor, busy_s)
        # WAL with synchronous=NORMAL may lose the last commits on power loss; the queue may not.
        for pragma in ("synchronous=FULL", f"busy_timeout={busy_s * 1000:.0f}", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A transaction that reads first and writes later gets SQLITE_BUSY whatever the time-out,
        # so every writing transaction takes the lock at once.
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _use_wal(cursor: DBAPICursor, busy_s: float) -> None:
    """Have SQLite keep a log. Where two do so at once, as on a new database, it refuses one without waiting."""
    until = time.monotonic() + busy_s
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(_MOMENT_S)
        else:
            return


def _prepare_postgresql(engine: Engine, busy_s: float) -> None:
    # An address that sets options of its own may let statements take longer, or for ever.
    if "options" not in engine.url.query:
        from briefing.sql.patience import connecting  # noqa: PLC0415  loads the driver, which SQLite needs not

        event.listen(engine, "do_connect", connecting(_statement_s(busy_s)))

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:  # noqa: ANN401  the driver's
        connection.autocommit = True  # we say BEGIN ourselves, below

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get("reading", False)
        begin = "BEGIN ISOLATION LEVEL " + ("REPEATABLE READ READ ONLY" if reading else "READ COMMITTED")
        try:
            connection.exec_driver_sql(begin)
        except DBAPIError:
            if not connection.invalidated:
                raise
            # It had been cut while it was idle, and nothing has been asked of it yet: another one serves.
            connection.exec_driver_sql(begin)

    @event.listens_for(engine, "handle_error")
    def _leave_standby(context: ExceptionContext) -> None:
        if sqlstate(context.sqlalchemy_exception or context.original_exception) == _READ_ONLY:
            context.is_disconnect = True


def parse_address(address: str) -> URL:
    """Return a database's address with the driver filled in. Raises Misconfigured."""
    try:
        # First, as what cannot be read is quoted by who cannot: a port that is none may be the end of a password.
        check_database(address)
        url = make_url(address)
    except (ArgumentError, ValueError) as error:
        raise _unusable(error) from error
    return url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))


def _unusable(error: Exception) -> Misconfigured:
    return Misconfigured(
        f"BRIEFCAST_DATABASE_URL names no database that can be used: {masked(str(error))}",
        hint="Write it like sqlite:////srv/briefcast/briefcast.db or postgresql://briefcast@db.internal/briefcast.",
    )


def _statement_s(busy_s: float) -> float:
    """Return the seconds that PostgreSQL lets a statement take, what it waits for included."""
    return 2 * busy_s


def _connect_arguments(url: URL, busy_s: float) -> dict[str, Any]:
    """Return how PostgreSQL is connected to; what the address itself says counts."""
    milliseconds = {
        "lock_timeout": busy_s * 1000,
        "statement_timeout": _statement_s(busy_s) * 1000,
        "idle_in_transaction_session_timeout": _IDLE_IN_TRANSACTION_S * 1000,
    }
    options = " ".join(f"-c {name}={value:.0f}" for name, value in milliseconds.items())
    given = {name: value for name, value in (_POSTGRESQL | {"options": options}).items() if name not in url.query}
    # Statements are not prepared: poolers that give a connection to each transaction lose them, and so does a
    # migration that an older worker sees happen.
    return given | {"prepare_threshold": None}


def _engine(address: str, busy_s: float, connections: int) -> Engine:
    url = parse_address(address)
    if url.drivername != _DRIVERS["postgresql"] and url.get_backend_name() != "sqlite":
        # Of another driver COMMIT may be nothing where BEGIN was ours.
        raise _unusable(ArgumentError(f"there is no {url.drivername!r}"))
    kept = min(_KEPT, connections)
    pool = {"pool_size": kept, "max_overflow": connections - kept, "pool_timeout": busy_s}
    try:
        # Parameters hold whole articles and hashes of keys: no message repeats them.
        if url.get_backend_name() == "sqlite":
            engine = create_engine(url, hide_parameters=True, **({} if url.database in {None, ":memory:"} else pool))
            _prepare_sqlite(engine, busy_s)
            return engine
        arguments = _connect_arguments(url, busy_s)
        engine = create_engine(url, hide_parameters=True, pool_recycle=_RECYCLE_S, connect_args=arguments, **pool)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise _unusable(error) from error
    _prepare_postgresql(engine, busy_s)
    return engine


@dataclass(frozen=True)
class _Made:
    """A process's engine, and the same with what a transaction of each kind needs: worded once, since that costs more
    than a small statement.
    """

    pid: int
    engine: Engine
    reading: Engine
    writing: Engine


class Database:
    """Opens sessions on one database address. `busy_s` is how long one waits for another writer, in seconds;
    `connections` how many a process opens at most.
    """

    def __init__(self, address: str, busy_s: float = BUSY_S, connections: int = 15) -> None:
        self.address = address
        self._busy_s = busy_s
        self._connections = connections
        self._made: _Made | None = None

    @property
    def engine(self) -> Engine:
        """The engine of this process; a forked child makes its own. Raises Misconfigured for an address of no
        database.
        """
        return self._at_hand().engine

    def _at_hand(self) -> _Made:
        made = self._made
        if made is not None and made.pid == os.getpid():
            return made
        if made is not None:
            # The parent's connections are its own: forgotten here, not closed.
            made.engine.dispose(close=False)
        engine = _engine(self.address, self._busy_s, self._connections)
        self._made = made = _Made(
            os.getpid(), engine, engine.execution_options(reading=True), engine.execution_options(writing=True)
        )
        return made

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one consistent state and is rolled back at the end. Raises DatabaseUnavailable.

        PostgreSQL's default would give each statement a state of its own: a briefing would be shown live with a
        revision that the statement before had seen as being published. For reading alone, REPEATABLE READ costs and
        refuses nothing.
        """
        with reporting(), Session(self._at_hand().reading) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session in one transaction: committed at the end, rolled back on any error. Raises DatabaseUnavailable.

        Whoever waited for a lock reads what the one before it wrote (READ COMMITTED on PostgreSQL): rows are locked
        before they are decided on, in the order that docs/architecture.md gives.
        """
        with reporting(), Session(self._at_hand().writing, expire_on_commit=False) as session:
            with session.begin():
                yield session
            events.say(session)

    def dispose(self) -> None:
        """Close pooled connections."""
        if self._made is not None:
            self._made.engine.dispose()
            self._made = None
