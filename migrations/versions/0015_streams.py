"""Streams"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_STREAMED = sa.text("stream IS NOT NULL")


def upgrade() -> None:
    """Apply."""
    op.add_column("revisions", sa.Column("stream", sa.JSON(), nullable=True))
    op.create_index("revisions_streamed", "revisions", ["id"], sqlite_where=_STREAMED, postgresql_where=_STREAMED)


def downgrade() -> None:
    """Take back."""
    op.drop_index("revisions_streamed", "revisions")
    op.drop_column("revisions", "stream")
