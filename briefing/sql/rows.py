"""Rows that two processes may add at the same moment: added once, or put in place, by the database itself.

Looking first and adding then is a race that SQLite's single writer hides and PostgreSQL does not: both look, both add,
and one of them fails. Also rows that a transaction reads once. Holds no rules about any table.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import event, inspect
from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session
    from sqlalchemy.sql.dml import ReturningInsert

    from briefing.models import Base


def add_unless_there(session: Session, row_type: type[Base], **values: Any) -> bool:  # noqa: ANN401  column values
    """Add a row unless one of the same key is there, or being added by another, who is waited for; tell whether it was.

    What is there then can be read: the next statement sees it.
    """
    return session.execute(_adding(session.get_bind().dialect.name, row_type), values).first() is not None


def add_all_unless_there(session: Session, row_type: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Add rows but for those whose key is there. All who add at once give them in the same order, by key, so that no
    two wait for one another.
    """
    if rows:
        session.execute(_insert(session, row_type).on_conflict_do_nothing(), rows)


@cache
def _adding(dialect: str, row_type: type[Base]) -> ReturningInsert[Any]:
    """Return the statement, worded once: each chunk's take comes by it."""
    table = row_type.table()
    inserting = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    return inserting.on_conflict_do_nothing().returning(*table.primary_key.columns)


def put(session: Session, row_type: type[Base], at_first: dict[str, Any] | None = None, **values: Any) -> None:  # noqa: ANN401
    """Add a row with `values`, and what it has `at_first`; or give the one of the same primary key these `values`."""
    keys = [column.name for column in inspect(row_type).primary_key]
    statement = _insert(session, row_type).values(**(at_first or {}), **values)
    changed = {name: statement.excluded[name] for name in values if name not in keys}
    session.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed))


def keep(session: Session) -> None:
    """Have a session keep each row that it reads from now on, until it is closed: it holds them by weak references, so
    that whatever asks for a row that nobody has in hand asks the database again.

    For a transaction that has its locks: who locks a row reads it anew, whoever has read it before.
    """
    kept = list(session.identity_map.values())
    for moment in ("loaded_as_persistent", "pending_to_persistent"):
        event.listen(session, moment, lambda _, row: kept.append(row))


def _insert(session: Session, row_type: type[Base]) -> sqlite.Insert | postgresql.Insert:
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(row_type)
    return sqlite.insert(row_type)
