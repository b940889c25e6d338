"""Members"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from briefing.models import UtcDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

#: Table -> its new columns. None of them is filled for what there is: all of it is public.
_COLUMNS = {
    "articles": (("visibility", sa.String(8)), ("paywall", sa.JSON())),
    "briefings": (("visibility", sa.String(8)), ("paywall", sa.JSON()), ("members_revision", sa.Integer())),
    "revisions": (("preview_key", sa.String(64)), ("preview_card", sa.JSON())),
}


def upgrade() -> None:
    """Apply."""
    for table, columns in _COLUMNS.items():
        for name, kind in columns:
            op.add_column(table, sa.Column(name, kind, nullable=True))
    op.create_index("revisions_of_preview", "revisions", ["preview_key"])
    op.create_table(
        "listeners",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("show", sa.String(length=128), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("secret_sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["show"], ["shows.slug"], name=op.f("fk_listeners_show_shows")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listeners")),
    )
    op.create_index("listeners_of_show", "listeners", ["show", "created_at"])
    op.create_table(
        "address_keys",
        sa.Column("id", sa.String(length=8), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_keys")),
    )


def downgrade() -> None:
    """Take back. What only members hear is heard by nobody then, and stays so until it is asked for again."""
    op.drop_table("address_keys")
    op.drop_index("listeners_of_show", "listeners")
    op.drop_table("listeners")
    op.drop_index("revisions_of_preview", "revisions")
    for table, columns in _COLUMNS.items():
        with op.batch_alter_table(table) as batch:
            for name, _ in columns:
                batch.drop_column(name)
