"""Adding a row unless there is one, on SQLite and PostgreSQL alike, however many do so at once. Knows no tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from briefing.models import Base


def add_missing(session: Session, row_type: type[Base], values: dict[str, Any]) -> None:
    """Insert a row of `values` unless its primary key is there already. Needs a writing session."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(insert(row_type).values(**values).on_conflict_do_nothing())
