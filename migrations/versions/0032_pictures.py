"""Pictures of episodes that were taken over, and shows' artwork as PNG"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_PICTURED = sa.text("picture IS NOT NULL")


def upgrade() -> None:
    """Apply. Workers of before write neither: what they make has no picture, and artwork that is a JPEG."""
    op.add_column("masters", sa.Column("picture", sa.String(length=64), nullable=True))
    op.add_column("masters", sa.Column("picture_ending", sa.String(length=4), nullable=True))
    op.create_index("masters_pictured", "masters", ["picture"], sqlite_where=_PICTURED, postgresql_where=_PICTURED)
    op.add_column("shows", sa.Column("artwork_png", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Take back. Pictures that were taken over are named by nothing then."""
    op.drop_column("shows", "artwork_png")
    op.drop_index("masters_pictured", "masters")
    op.drop_column("masters", "picture_ending")
    op.drop_column("masters", "picture")
