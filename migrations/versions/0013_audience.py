"""Audience"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from briefing.models import UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "plays",
        sa.Column("session", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("show", sa.String(length=128), nullable=False),
        sa.Column("briefing_id", sa.String(length=32), nullable=False),
        sa.Column("article", sa.String(length=257), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("spans", sa.JSON(), nullable=False),
        sa.Column("folded", sa.JSON(), nullable=False),
        sa.Column("waiting", sa.Boolean(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("session", "sha256", name=op.f("pk_plays")),
    )
    op.create_index("plays_waiting", "plays", ["waiting"])
    op.create_index("plays_by_change", "plays", ["changed_at"])
    op.create_table(
        "downloads",
        sa.Column("client", sa.String(length=32), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("show", sa.String(length=128), nullable=False),
        sa.Column("briefing_id", sa.String(length=32), nullable=False),
        sa.Column("article", sa.String(length=257), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("spans", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("client", "sha256", "show", name=op.f("pk_downloads")),
    )
    op.create_index("downloads_by_state", "downloads", ["state"])
    op.create_index("downloads_by_moment", "downloads", ["at"])
    op.create_table(
        "salts",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_salts")),
    )
    op.create_table(
        "audience",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("show", sa.String(length=128), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("briefing_id", sa.String(length=32), nullable=False),
        sa.Column("article", sa.String(length=257), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=False),
        sa.Column("plays", sa.Integer(), nullable=False),
        sa.Column("completed", sa.Integer(), nullable=False),
        sa.Column("downloads", sa.Integer(), nullable=False),
        *(sa.Column(f"quarter_{number}_ms", sa.BigInteger(), nullable=False) for number in (1, 2, 3, 4)),
        sa.Column("heard_ms", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("day", "show", "sha256", name=op.f("pk_audience")),
    )
    op.create_index("audience_by_article", "audience", ["article", "day"])


def downgrade() -> None:
    """Take back."""
    for table in ("audience", "salts", "downloads", "plays"):
        op.drop_table(table)
