"""Digests"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from briefing.models import UtcDateTime

revision = "0024"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "digests",
        sa.Column("slug", sa.String(length=128), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("step_id", sa.Integer(), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("made_at", UtcDateTime(), nullable=True),
        sa.Column("skipped_at", UtcDateTime(), nullable=True),
        sa.Column("skipped_why", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_digests")),
    )
    op.create_table(
        "issues",
        sa.Column("digest", sa.String(length=128), nullable=False),
        sa.Column("issue", sa.String(length=16), nullable=False),
        sa.Column("briefing_id", sa.String(length=32), nullable=False),
        sa.Column("moment", UtcDateTime(), nullable=False),
        sa.Column("stories_until", UtcDateTime(), nullable=False),
        sa.Column("remake", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["digest"], ["digests.slug"], name=op.f("fk_issues_digest_digests")),
        sa.ForeignKeyConstraint(["briefing_id"], ["briefings.id"], name=op.f("fk_issues_briefing_id_briefings")),
        sa.PrimaryKeyConstraint("digest", "issue", name=op.f("pk_issues")),
        sa.UniqueConstraint("briefing_id", name=op.f("uq_issues_briefing_id")),
    )
    op.create_table(
        "issue_stories",
        sa.Column("briefing_id", sa.String(length=32), nullable=False),
        sa.Column("article", sa.String(length=257), nullable=False),
        sa.ForeignKeyConstraint(["briefing_id"], ["briefings.id"], name=op.f("fk_issue_stories_briefing_id_briefings")),
        sa.PrimaryKeyConstraint("briefing_id", "article", name=op.f("pk_issue_stories")),
    )
    op.create_index("issue_stories_of_article", "issue_stories", ["article"])


def downgrade() -> None:
    """Take back. What was made stays, and is not looked after any more."""
    op.drop_index("issue_stories_of_article", "issue_stories")
    op.drop_table("issue_stories")
    op.drop_table("issues")
    op.drop_table("digests")
