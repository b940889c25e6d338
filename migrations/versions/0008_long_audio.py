"""Lengths that 31 bits do not count"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_LENGTHS = (("masters", "bytes"), ("masters", "samples"), ("takes", "samples"))


def upgrade() -> None:
    """Apply."""
    _change(sa.Integer(), sa.BigInteger())


def downgrade() -> None:
    """Take back. Fails on PostgreSQL, changing nothing, where a length needs the wider column."""
    _change(sa.BigInteger(), sa.Integer())


def _change(before: sa.Integer, after: sa.Integer) -> None:
    for table, column in _LENGTHS:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.alter_column(column, existing_type=before, type_=after, existing_nullable=False)
