"""Rows that two processes may add at the same moment: added once, by the database itself.

Looking first and adding then is a race that SQLite's single writer hides and PostgreSQL does not: both look, both add,
and one of them fails. Holds no rules about any table.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from sqlalchemy.orm import Session
    from sqlalchemy.sql.dml import ReturningInsert

    from briefing.models import Base


def add_unless_there(session: Session, row_type: type[Base], **values: Any) -> bool:  # noqa: ANN401  column values
    """Add a row unless one of the same key is there, or being added by another, who is waited for; tell whether it was.

    What is there then can be read: the next statement sees it.
    """
    return session.execute(_adding(session.get_bind().dialect.name, row_type), values).first() is not None


@cache
def _adding(dialect: str, row_type: type[Base]) -> ReturningInsert[Any]:
    """Return the statement, worded once: each chunk's take comes by it."""
    table = row_type.table()
    inserting = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    return inserting.on_conflict_do_nothing().returning(*table.primary_key.columns)
