"""Casts in place of narrators, and the voices that could not speak"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic import op

if TYPE_CHECKING:
    from collections.abc import Callable

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_PARTS = ("body", "headline", "quotes", "transitions")


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("revisions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("voices", sa.JSON(), nullable=False, server_default="{}"))
        batch_op.add_column(sa.Column("fallbacks", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("cast", sa.JSON(), nullable=True))
    # One narrator spoke everything.
    _carry("narrator", "cast", lambda narrator: dict.fromkeys(_PARTS, narrator))
    with op.batch_alter_table("revisions", schema=None) as batch_op:
        batch_op.drop_column("narrator")


def downgrade() -> None:
    """Take back. Of a cast only the body's narrator is kept."""
    with op.batch_alter_table("revisions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("narrator", sa.JSON(), nullable=True))
    _carry("cast", "narrator", lambda cast: cast["body"])
    with op.batch_alter_table("revisions", schema=None) as batch_op:
        batch_op.drop_column("cast")
        batch_op.drop_column("fallbacks")
        batch_op.drop_column("voices")


def _carry(old: str, new: str, changed: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Write `new` from `old` in every revision that has it."""
    table = sa.table("revisions", sa.column("id", sa.Integer), sa.column(old, sa.JSON), sa.column(new, sa.JSON))
    connection = op.get_bind()
    for row in connection.execute(sa.select(table.c.id, table.c[old])).all():
        if row[1] is not None:
            connection.execute(sa.update(table).where(table.c.id == row.id).values({new: changed(row[1])}))
