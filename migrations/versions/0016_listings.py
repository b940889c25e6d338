"""Listings"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from briefing.models import UtcDateTime
from briefing.models.base import PlainText

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("articles") as articles:
        articles.add_column(sa.Column("found_labels", sa.JSON(), nullable=True))
        articles.add_column(sa.Column("told_labels", sa.JSON(), nullable=True))
        articles.add_column(sa.Column("picks", sa.JSON(), nullable=True))
    with op.batch_alter_table("episodes") as episodes:
        episodes.add_column(sa.Column("kept_guid", PlainText(), nullable=True))
    op.create_table(
        "listings",
        sa.Column("show", sa.String(length=128), nullable=False),
        sa.Column("briefing_id", sa.String(length=32), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("picked", sa.Boolean(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["show"], ["shows.slug"], name=op.f("fk_listings_show_shows")),
        sa.ForeignKeyConstraint(["briefing_id"], ["briefings.id"], name=op.f("fk_listings_briefing_id_briefings")),
        sa.PrimaryKeyConstraint("show", "briefing_id", name=op.f("pk_listings")),
    )
    op.create_index("listings_of_show", "listings", ["show", "published_at"])
    op.create_index("listings_of_day", "listings", ["show", "day"])
    op.create_index("listings_of_briefing", "listings", ["briefing_id"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("listings")
    with op.batch_alter_table("episodes") as episodes:
        episodes.drop_column("kept_guid")
    with op.batch_alter_table("articles") as articles:
        for column in ("picks", "told_labels", "found_labels"):
            articles.drop_column(column)
