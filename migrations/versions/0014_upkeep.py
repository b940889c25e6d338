"""Upkeep"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    # Which MP3s readers were given, for as long as their addresses may be asked for.
    op.add_column("revisions", sa.Column("audio_sha256", sa.String(length=64), nullable=True))
    op.create_index("revisions_of_audio", "revisions", ["audio_sha256"])
    # Ledgers are read and let go by their moments.
    op.create_index("audit_by_moment", "audit", ["at", "id"])
    op.create_index("estimates_by_moment", "estimates", ["created_at"])
    op.create_index("spent_by_day", "spent", ["day"])
    op.add_column("lanes", sa.Column("used_at", sa.Float(), nullable=True))


def downgrade() -> None:
    """Take back."""
    op.drop_column("lanes", "used_at")
    op.drop_index("spent_by_day", "spent")
    op.drop_index("estimates_by_moment", "estimates")
    op.drop_index("audit_by_moment", "audit")
    op.drop_index("revisions_of_audio", "revisions")
    op.drop_column("revisions", "audio_sha256")
