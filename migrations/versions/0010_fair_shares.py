"""Fair shares: ranks, engine gates, what was spent, limits of keys, estimates"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from briefing.models import UtcDateTime

revision = "0010"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("keys", schema=None) as batch_op:
        batch_op.add_column(sa.Column("limits", sa.JSON(), nullable=True))
    with op.batch_alter_table("revisions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("rank", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("requester", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("look_after", sa.Float(), nullable=True))
        batch_op.create_index("revisions_of_requester", ["requester", "queue", "state"])
    with op.batch_alter_table("steps", schema=None) as batch_op:
        batch_op.add_column(sa.Column("rank", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("engine", sa.String(length=64), nullable=False, server_default=""))
        batch_op.drop_index("steps_to_claim")
        batch_op.create_index("steps_to_claim", ["state", "queue", "engine", "rank", "id"])
        batch_op.create_index("steps_rung", ["state", "queue", "rung_at"])
    op.create_table(
        "lanes",
        sa.Column("queue", sa.String(length=16), nullable=False),
        sa.Column("lane", sa.String(length=300), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("queue", "lane", name=op.f("pk_lanes")),
    )
    op.create_table(
        "engine_gates",
        sa.Column("engine", sa.String(length=64), nullable=False),
        sa.Column("per_second", sa.Float(), nullable=False),
        sa.Column("most_at_once", sa.Integer(), nullable=False),
        sa.Column("request_characters", sa.Integer(), nullable=False),
        sa.Column("tokens", sa.Float(), nullable=False),
        sa.Column("filled_at", sa.Float(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("outcomes", sa.JSON(), nullable=False),
        sa.Column("opened_at", sa.Float(), nullable=True),
        sa.Column("open_s", sa.Float(), nullable=False),
        sa.Column("probe_until", sa.Float(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("engine", name=op.f("pk_engine_gates")),
    )
    op.create_table(
        "spent",
        sa.Column("owner", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("engine", sa.String(length=64), nullable=False),
        sa.Column("characters", sa.Integer(), nullable=False),
        sa.Column("reused_characters", sa.Integer(), nullable=False),
        sa.Column("money_millionths", sa.BigInteger(), nullable=False),
        sa.Column("briefings", sa.Integer(), nullable=False),
        sa.Column("bulk_articles", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "name", "day", "engine", name=op.f("pk_spent")),
    )
    op.create_table(
        "estimates",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("show", sa.String(length=128), nullable=False),
        sa.Column("voice", sa.String(length=128), nullable=True),
        sa.Column("articles", sa.JSON(), nullable=False),
        sa.Column("requester", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("parts_left", sa.Integer(), nullable=False),
        sa.Column("totals", sa.JSON(), nullable=False),
        sa.Column("failed", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_estimates")),
    )


def downgrade() -> None:
    """Take back."""
    for table in ("estimates", "spent", "engine_gates", "lanes"):
        op.drop_table(table)
    with op.batch_alter_table("steps", schema=None) as batch_op:
        batch_op.drop_index("steps_rung")
        batch_op.drop_index("steps_to_claim")
        batch_op.create_index("steps_to_claim", ["state", "queue", "id"])
        batch_op.drop_column("engine")
        batch_op.drop_column("rank")
    with op.batch_alter_table("revisions", schema=None) as batch_op:
        batch_op.drop_index("revisions_of_requester")
        batch_op.drop_column("look_after")
        batch_op.drop_column("requester")
        batch_op.drop_column("rank")
    with op.batch_alter_table("keys", schema=None) as batch_op:
        batch_op.drop_column("limits")
