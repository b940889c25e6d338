"""The base of all tables, and the column type of moments."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, MetaData, String, Table, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase


class UtcDateTime(TypeDecorator[datetime]):
    """A date-time that is UTC in Python whatever the database keeps; refuses naive values."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: object) -> datetime | None:  # noqa: ARG002
        """Store as UTC."""
        if value is not None and value.tzinfo is None:
            message = "a naive date-time cannot be stored"
            raise ValueError(message)
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: object) -> datetime | None:  # noqa: ARG002
        """Return as UTC; SQLite gives naive values back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class PlainText(TypeDecorator[str]):
    """Text of any length from anywhere, with U+FFFD for what PostgreSQL cannot keep: U+0000 and lone surrogates."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: object) -> str | None:  # noqa: ARG002
        """Store what can be stored."""
        if value is None:
            return None
        return value.encode("utf-8", "replace").decode().replace("\x00", "\N{REPLACEMENT CHARACTER}")


#: JSON of which None is no value, rather than JSON's own null.
OwnJson = JSON(none_as_null=True)


class Base(DeclarativeBase):
    """Base of all tables."""

    # Named constraints, because a migration can only change what it can name.
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON, list[Any]: JSON, str: String(512)}  # noqa: RUF012

    @classmethod
    def table(cls) -> Table:
        """Return the table itself, for statements that are run so often that the ORM's part in them would tell."""
        assert isinstance(cls.__table__, Table)
        return cls.__table__
