"""Editions"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from briefing.models import UtcDateTime

revision = "0019"
down_revision = "0017"
branch_labels = None
depends_on = None

#: Table -> its new columns. None of them is filled for what there is: nothing of it is held, embargoed or corrected.
_COLUMNS = {
    "articles": (("embargo_until", UtcDateTime()),),
    "briefings": (
        ("held_at", UtcDateTime()),
        ("held_by", sa.String(128)),
        ("scheduled_at", UtcDateTime()),
        ("scheduled_by", sa.String(128)),
        ("embargo_until", UtcDateTime()),
        ("corrects_from", sa.Integer()),
        ("correction", sa.JSON()),
    ),
    "revisions": (
        ("approved_at", UtcDateTime()),
        ("approved_by", sa.String(128)),
        ("live_at", UtcDateTime()),
        ("replaces", sa.String(16)),
        ("change", sa.JSON()),
    ),
}


def upgrade() -> None:
    """Apply."""
    for table, columns in _COLUMNS.items():
        for name, kind in columns:
            op.add_column(table, sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    """Take back. What was held or set for a time is held then, and waits for an editor."""
    for table, columns in _COLUMNS.items():
        with op.batch_alter_table(table) as batch:
            for name, _ in columns:
                batch.drop_column(name)
