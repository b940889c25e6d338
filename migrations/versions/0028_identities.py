"""Identities at an OpenID provider"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from briefing.models import UtcDateTime

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "identities",
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("user_id", sa.String(length=8), nullable=True),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=8), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_identities_user_id_users")),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_identities")),
    )
    op.create_index("identities_of_user", "identities", ["user_id"])
    op.create_table(
        "sign_in_starts",
        sa.Column("secret_sha256", sa.String(length=64), nullable=False),
        sa.Column("wanted", sa.String(length=512), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("secret_sha256", name=op.f("pk_sign_in_starts")),
    )
    op.create_index("sign_in_starts_by_end", "sign_in_starts", ["ends_at"])


def downgrade() -> None:
    """Take back. Users stay; those without a password need one."""
    op.drop_index("sign_in_starts_by_end", "sign_in_starts")
    op.drop_table("sign_in_starts")
    op.drop_index("identities_of_user", "identities")
    op.drop_table("identities")
