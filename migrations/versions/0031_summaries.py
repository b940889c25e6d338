"""Summaries of stories for digests"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from briefing.models import UtcDateTime

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "summaries",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("briefing_id", sa.String(length=32), nullable=False),
        sa.Column("article", sa.String(length=257), nullable=False),
        sa.Column("source_sha256", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=128), nullable=False),
        sa.Column("recipe", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("text_sha256", sa.String(length=64), nullable=True),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("edited", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.String(length=128), nullable=True),
        sa.ForeignKeyConstraint(["briefing_id"], ["briefings.id"], name=op.f("fk_summaries_briefing_id_briefings")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_summaries")),
        sa.UniqueConstraint("briefing_id", "source_sha256", "model", "recipe", name=op.f("uq_summaries_briefing_id")),
    )
    op.create_index("summaries_by_state", "summaries", ["state", "created_at"])


def downgrade() -> None:
    """Take back. Steps that were to summarise find no worker that knows them."""
    op.drop_index("summaries_by_state", "summaries")
    op.drop_table("summaries")
