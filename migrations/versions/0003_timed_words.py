"""Timed words"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("takes", schema=None) as batch_op:
        # Takes from before have no times; whoever needs some shares them out.
        batch_op.add_column(sa.Column("words", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("timing", sa.String(length=16), nullable=False, server_default="estimated"))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("takes", schema=None) as batch_op:
        batch_op.drop_column("timing")
        batch_op.drop_column("words")
