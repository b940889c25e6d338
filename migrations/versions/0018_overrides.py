"""Overrides"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from briefing.models import UtcDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("revisions", sa.Column("conflicts", sa.JSON(), nullable=True))
    op.create_table(
        "overrides",
        sa.Column("briefing_id", sa.String(length=32), nullable=False),
        sa.Column("segment_id", sa.String(length=16), nullable=False),
        sa.Column("article", sa.String(length=512), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("written", sa.Text(), nullable=False),
        sa.Column("spoken", sa.Text(), nullable=True),
        sa.Column("voice", sa.String(length=128), nullable=True),
        sa.Column("omitted", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.String(length=128), nullable=False),
        sa.Column("changer", sa.String(length=64), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["briefing_id"], ["briefings.id"], name=op.f("fk_overrides_briefing_id_briefings")),
        sa.PrimaryKeyConstraint("briefing_id", "segment_id", name=op.f("pk_overrides")),
    )


def downgrade() -> None:
    """Take back. What was changed by hand is forgotten; the audio that has it stays until it is made again."""
    op.drop_table("overrides")
    with op.batch_alter_table("revisions") as batch:
        batch.drop_column("conflicts")
