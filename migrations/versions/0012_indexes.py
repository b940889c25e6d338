"""Indexes for large tables"""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    # A feed is written at every publication from a show's newest episodes: not by sorting all that it ever had.
    op.create_index("episodes_of_show", "episodes", ["show", "published_at"])


def downgrade() -> None:
    """Take back."""
    op.drop_index("episodes_of_show", "episodes")
