"""The desk: users, sign-ins, links that act"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from briefing.models import UtcDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "users",
        sa.Column("id", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=8), nullable=False),
        sa.Column("password", sa.String(length=255), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("name", name=op.f("uq_users_name")),
    )
    op.create_table(
        "sign_ins",
        sa.Column("secret_sha256", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=8), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sign_ins_user_id_users")),
        sa.PrimaryKeyConstraint("secret_sha256", name=op.f("pk_sign_ins")),
    )
    op.create_index("sign_ins_of_user", "sign_ins", ["user_id"])
    op.create_index("sign_ins_by_use", "sign_ins", ["seen_at"])
    op.create_table(
        "welcomes",
        sa.Column("secret_sha256", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=8), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_welcomes_user_id_users")),
        sa.PrimaryKeyConstraint("secret_sha256", name=op.f("pk_welcomes")),
    )
    op.create_index("welcomes_of_user", "welcomes", ["user_id"])
    op.create_table(
        "sign_in_tries",
        sa.Column("whose", sa.String(length=64), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("whose", name=op.f("pk_sign_in_tries")),
    )
    op.create_index("sign_in_tries_by_moment", "sign_in_tries", ["last_at"])
    op.create_table(
        "action_links",
        sa.Column("id", sa.String(length=8), nullable=False),
        sa.Column("secret_sha256", sa.String(length=64), nullable=False),
        sa.Column("briefing_id", sa.String(length=32), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("recipient", sa.String(length=100), nullable=False),
        sa.Column("made_by", sa.String(length=128), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["briefing_id"], ["briefings.id"], name=op.f("fk_action_links_briefing_id_briefings")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action_links")),
        sa.UniqueConstraint("secret_sha256", name=op.f("uq_action_links_secret_sha256")),
    )
    op.create_index("action_links_of_briefing", "action_links", ["briefing_id", "created_at"])


def downgrade() -> None:
    """Take back. Nobody can sign in then."""
    for table in ("action_links", "sign_in_tries", "welcomes", "sign_ins", "users"):
        op.drop_table(table)
