"""Copies all rows of a stopped SQLite installation into an empty PostgreSQL database, in one transaction.

Keys stay the same in every table, so guids, API keys, listeners, audit and sealed secrets do. Neither converts nor
leaves out anything: both databases are at one schema, and what PostgreSQL does not take ends it with nothing copied.
The old database is only read. Moves no files; see `relocate_files`.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from sqlalchemy import func, inspect, select, text, tuple_

from briefing.database import database_clock
from briefing.errors import BadInput
from briefing.models import Base, StepRow, WorkerRow
from briefing.observing.workers import RETIRED, SILENT_S
from briefing.sql.outages import reporting
from briefing.sql.schema import current, migrate, newest, patiently

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection, Table

    from briefing.database import Database

#: Rows read at a time: some have whole articles.
_BATCH = 500

#: About how many rows of each table are compared one by one with what PostgreSQL gives back.
_SAMPLE = 500

#: Keys in one question of that.
_ASKED = 100


@dataclass(frozen=True)
class Copied:
    """What was copied."""

    tables: int
    """Those with rows."""
    rows: int
    compared: int
    """Of them, those that were read back and compared value by value."""


def check(source: Database, target: Database) -> None:
    """Raise BadInput unless all of `source` can go into `target`, which is brought to the newest schema if it has none.

    Codes: same_database, not_postgresql, no_installation, schema_differs, still_served, not_empty.
    Raises DatabaseUnavailable.
    """
    if source.engine.url == target.engine.url:
        message = "the database to copy from is the one to copy to"
        raise BadInput(message, code="same_database", hint="Set BRIEFCAST_DATABASE_URL to the PostgreSQL database.")
    if target.engine.dialect.name != "postgresql" or source.engine.dialect.name != "sqlite":
        message = "rows are copied from SQLite to PostgreSQL, and nowhere else"
        hint = "Set BRIEFCAST_DATABASE_URL to the new PostgreSQL database, and name the old SQLite installation."
        raise BadInput(message, code="not_postgresql", hint=hint)
    found = current(source)
    if found is None:
        message = f"there is no installation's database at {source.engine.url.database}"
        raise BadInput(message, code="no_installation", hint="Name the old BRIEFCAST_DATA, or --database.")
    _same_schema("old", found)
    with reporting():
        if not inspect(target.engine).get_table_names():
            migrate(target)
    _same_schema("new", current(target))
    with source.reading() as session:
        _check_stopped(session.connection())
    with target.reading() as session:
        _check_empty(session.connection())


def _same_schema(which: str, found: str | None) -> None:
    if found == newest():
        return
    message = f"the {which} database is at migration {found}, and this Briefcast's newest is {newest()}"
    hint = "Rows are copied as they are: run `briefcast migrate` of this version there first."
    raise BadInput(message, code="schema_differs", hint=hint)


def _check_stopped(source: Connection) -> None:
    """Raise BadInput where a process of the old installation has reported lately, or holds a step."""
    clock = database_clock()
    alive = select(func.max(WorkerRow.reported_at) + SILENT_S - clock).where(
        WorkerRow.name != RETIRED, WorkerRow.stopped.is_(False)
    )
    held = select(func.max(StepRow.lease_until) - clock).where(StepRow.holder.is_not(None))
    left_s = max(source.scalar(alive) or 0.0, source.scalar(held) or 0.0)
    if left_s > 0:
        message = "the old installation is still being served, or was until just now"
        hint = (
            f"Stop all of its processes. What was killed is known to be gone in {left_s:.0f} s; those that are stopped"
            " say so themselves."
        )
        raise BadInput(message, code="still_served", hint=hint)


def _check_empty(target: Connection) -> None:
    filled = [table.name for table in Base.metadata.sorted_tables if target.scalar(select(table).exists().select())]
    if filled:
        message = f"there are rows already in {len(filled)} tables, as in {filled[0]}"
        hint = (
            "Rows are copied into an empty database: stop what works with it, and make a new one. Where an earlier run"
            " told how many rows it copied, it is done."
        )
        raise BadInput(message, code="not_empty", hint=hint)


@contextmanager
def held(source: Database) -> Iterator[Connection]:
    """A connection to the old database while nobody can write there: what is read is one state. Nothing is changed.

    Raises BadInput (still_served), DatabaseUnavailable where somebody is writing.
    """
    with reporting(), source.engine.execution_options(writing=True).connect() as connection, connection.begin() as own:
        _check_stopped(connection)
        yield connection
        own.rollback()


def copy_rows(source: Connection, target: Database) -> Copied:
    """Copy every row of every table, set the sequences, and compare; all of it or nothing.

    Raises BadInput (not_empty, row_refused, copy_differs), DatabaseUnavailable.
    """
    tables = [table for table in Base.metadata.sorted_tables if source.scalar(select(table).exists().select())]
    rows = compared = 0
    with reporting(), target.engine.connect() as connection, patiently(connection):
        # Until the end nobody else adds rows, or migrates.
        everything = ", ".join(_name(connection, table) for table in Base.metadata.sorted_tables)
        connection.execute(text(f"LOCK TABLE {everything} IN EXCLUSIVE MODE"))
        for setting in ("statement_timeout = 0", "idle_in_transaction_session_timeout = 0", "TimeZone = 'UTC'"):
            connection.execute(text(f"SET LOCAL {setting}"))
        _check_empty(connection)
        for table in tables:
            count, keys = _copied(source, connection, table)
            _compare(source, connection, table, count, keys)
            _set_sequence(connection, table)
            rows, compared = rows + count, compared + len(keys)
    return Copied(len(tables), rows, compared)


def _name(connection: Connection, table: Table) -> str:
    return connection.dialect.identifier_preparer.format_table(table)


def _select(source: Connection, table: Table) -> tuple[str, str]:
    """Return the columns as PostgreSQL is told of them, and the query for them as SQLite stores them."""
    quote = source.dialect.identifier_preparer.quote
    columns = ", ".join(quote(column.name) for column in table.columns)
    return columns, f"SELECT {columns} FROM {_name(source, table)}"  # noqa: S608  names of ours


def _copied(source: Connection, target: Connection, table: Table) -> tuple[int, list[tuple[Any, ...]]]:
    """Copy a table's rows; return how many, and the primary keys of some.

    As SQLite stores them: PostgreSQL reads its 0 and 1, its times (all UTC) and its JSON, which stays the same to the
    letter, null apart from nothing. What refers to rows of the same table is looked at when all of them are there.
    """
    columns, query = _select(source, table)
    of_key = [index for index, column in enumerate(table.columns) if column.primary_key]
    every = max(1, (source.scalar(select(func.count()).select_from(table)) or 0) // _SAMPLE)
    driver: Any = target.connection.dbapi_connection
    count, keys = 0, []
    try:
        with (
            driver.cursor() as writing,
            writing.copy(f"COPY {_name(target, table)} ({columns}) FROM STDIN") as copying,
        ):
            for rows in source.exec_driver_sql(query).partitions(_BATCH):
                for row in rows:
                    copying.write_row(row)
                    if count % every == 0:
                        keys.append(tuple(row[index] for index in of_key))
                    count += 1
    except (psycopg.DataError, psycopg.IntegrityError, UnicodeError) as error:
        said = " ".join(str(error).partition("CONTEXT:")[0].split())
        message = f"PostgreSQL does not take a row of {table.name}: {said[:200]}"
        hint = "Nothing has been copied. Correct the row in the old installation (docs/many-hosts.md), and try again."
        raise BadInput(message, code="row_refused", hint=hint) from None
    except psycopg.OperationalError as error:
        # As SQLAlchemy would have it, so that it is told like any other outage.
        raise _wrapped(error, target) from error
    return count, keys


def _wrapped(error: psycopg.Error, target: Connection) -> Exception:
    from sqlalchemy.exc import OperationalError  # noqa: PLC0415  only where it fails

    return OperationalError("COPY", None, error, hide_parameters=True, connection_invalidated=target.closed)


def _compare(source: Connection, target: Connection, table: Table, count: int, keys: Sequence[tuple[Any, ...]]) -> None:
    """Raise BadInput unless PostgreSQL has as many rows, and gives those of `keys` back as SQLite does."""
    there = target.scalar(select(func.count()).select_from(table))
    if there != count:
        message = f"{count:,} rows of {table.name} were copied, and {there:,} are there"
        raise BadInput(message, code="copy_differs", hint="Nothing has been copied. Tell the developers.")
    names = list(table.primary_key.columns)
    for first in range(0, len(keys), _ASKED):
        asked = select(table).where(tuple_(*names).in_(keys[first : first + _ASKED]))
        old, new = (
            {tuple(row._mapping[name] for name in names): row for row in connection.execute(asked)}  # noqa: SLF001  its public name
            for connection in (source, target)
        )
        if old != new:
            differing = next(key for key in old if old[key] != new.get(key))
            message = f"row {differing} of {table.name} reads otherwise in PostgreSQL"
            raise BadInput(message, code="copy_differs", hint="Nothing has been copied. Tell the developers.")


def _set_sequence(target: Connection, table: Table) -> None:
    """Have the next row's number follow the highest that is there."""
    for column in table.primary_key.columns:
        asked = {"table": _name(target, table), "column": column.name}
        if sequence := target.scalar(text("SELECT pg_get_serial_sequence(:table, :column)"), asked):
            target.execute(select(func.setval(sequence, select(func.max(column)).scalar_subquery())))
