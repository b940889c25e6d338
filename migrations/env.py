"""Alembic's entry: runs migrations on the connection that `briefing.sql.schema` opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from alembic import context

from briefing.models import Base, UtcDateTime

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext


def _render(kind: str, item: object, _: AutogenContext) -> str | Literal[False]:
    """Write our date-time as the type it is in the database, so that migrations need no code of ours."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


def _run() -> None:
    connection = context.config.attributes["connection"]
    # SQLite cannot alter most things in place; batch mode copies the table.
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        compare_type=True,
        render_item=_render,
    )
    with context.begin_transaction():
        context.run_migrations()


_run()
