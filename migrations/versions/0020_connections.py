"""Connections"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from briefing.models import UtcDateTime

revision = "0020"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "connections",
        sa.Column("source", sa.String(length=128), nullable=False),
        sa.Column("keys", sa.JSON(), nullable=True),
        sa.Column("hook_secrets", sa.JSON(), nullable=True),
        sa.Column("by_command", sa.Boolean(), nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("cursor", UtcDateTime(), nullable=True),
        sa.Column("polled_at", UtcDateTime(), nullable=True),
        sa.Column("succeeded_at", UtcDateTime(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error_code", sa.String(length=64), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("heard_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_connections")),
    )
    op.create_table(
        "sightings",
        sa.Column("source", sa.String(length=128), nullable=False),
        sa.Column("article_id", sa.String(length=128), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("scheduled_at", UtcDateTime(), nullable=True),
        sa.Column("visibility", sa.String(length=8), nullable=True),
        sa.Column("text_hash", sa.String(length=64), nullable=True),
        sa.Column("withdrew", sa.Boolean(), nullable=False),
        sa.Column("looked_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("source", "article_id", name=op.f("pk_sightings")),
    )
    op.create_index("sightings_to_look_at", "sightings", ["source", "looked_at"])
    op.create_table(
        "looks",
        sa.Column("source", sa.String(length=128), nullable=False),
        sa.Column("article_id", sa.String(length=128), nullable=False),
        sa.Column("due_at", sa.Float(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=True),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("source", "article_id", name=op.f("pk_looks")),
    )
    op.create_table(
        "deliveries",
        sa.Column("source", sa.String(length=128), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("source", "id", name=op.f("pk_deliveries")),
    )
    op.create_index("deliveries_by_moment", "deliveries", ["received_at"])


def downgrade() -> None:
    """Take back. CMSes have to be connected anew then."""
    op.drop_index("deliveries_by_moment", "deliveries")
    op.drop_table("deliveries")
    op.drop_table("looks")
    op.drop_index("sightings_to_look_at", "sightings")
    op.drop_table("sightings")
    op.drop_table("connections")
