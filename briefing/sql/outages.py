"""What a driver raises -> DatabaseUnavailable: the database is away, full, read-only, locked or of another schema.

Mistakes of ours (a statement that cannot be, a value that does not fit) go through as they are. Knows no tables.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from briefing.errors import DatabaseUnavailable
from briefing.observing.logs import masked

if TYPE_CHECKING:
    from collections.abc import Iterator

#: SQLSTATE classes (PostgreSQL's appendix A): connection, lack of resources, an operator's doing, the system, damage.
_AWAY_CLASSES = frozenset({"08", "53", "57", "58", "F0", "XX"})

#: SQLSTATEs of other classes with which the same may work later, or once an operator has seen to it.
_AWAY_STATES = {
    "25006": "it is read-only: a standby, or set so",
    "25P03": "the transaction idled for too long",
    "28000": "the role may not connect",
    "28P01": "the role's password is not accepted",
    "3D000": "there is no such database",
    "40001": "another transaction was in the way",
    "40P01": "two transactions waited for each other",
    "42501": "the role lacks a right",
    "42703": "its schema is not the one expected: run `briefcast migrate`",
    "42P01": "its schema is not the one expected: run `briefcast migrate`",
    "55P03": "another transaction held what was needed for too long",
}


#: SQLite's words for what is wrong with a statement or a value, for which its driver has no class of their own; and the
#: bits of a code that hold them.
_MISTAKES = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_RANGE, sqlite3.SQLITE_MISMATCH})
_PRIMARY = 0xFF

#: What it says, under the first of them, of a schema or a file that is not the one expected.
_OF_THE_SCHEMA = ("no such table", "no such column", "has no column named", "unsupported file format")


def sqlstate(error: BaseException) -> str:
    """Return PostgreSQL's code for an error, empty where there is none."""
    return getattr(getattr(error, "orig", None), "sqlstate", None) or ""


def _is_a_mistake(error: BaseException | None) -> bool:
    """Tell whether SQLite found a statement or a value wrong, rather than its file."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None or code & _PRIMARY not in _MISTAKES:
        return False
    return not any(word in str(error) for word in _OF_THE_SCHEMA)


def _is_away(error: DBAPIError) -> bool:
    state = sqlstate(error)
    if error.connection_invalidated or state[:2] in _AWAY_CLASSES or state in _AWAY_STATES:
        return True
    if _is_a_mistake(error.orig):
        return False
    # The plain class is SQLite's word for a file that is no database, or a damaged one.
    return isinstance(error, OperationalError | InterfaceError) or type(error) is DatabaseError


@contextmanager
def reporting() -> Iterator[None]:
    """Raise DatabaseUnavailable for what a driver raises when its database cannot be used, passwords masked."""
    try:
        yield
    except PoolTimeout as error:
        message = "the database cannot be used: all of this process's connections are busy"
        raise DatabaseUnavailable(message) from error
    except DBAPIError as error:
        if not _is_away(error):
            raise
        said = masked(" ".join(str(error.orig).split()))
        reason = _AWAY_STATES.get(sqlstate(error))
        message = f"the database cannot be used: {f'{reason} ({said})' if reason else said}"
        raise DatabaseUnavailable(message) from error
