"""Transcripts"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("masters", schema=None) as batch_op:
        # Masters from before have no transcript; their chapters come back when they are made again.
        batch_op.add_column(sa.Column("transcript", sa.String(length=64), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("chapters", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("masters", schema=None) as batch_op:
        batch_op.drop_column("chapters")
        batch_op.drop_column("transcript")
