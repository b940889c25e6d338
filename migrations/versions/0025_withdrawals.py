"""Withdrawals; and no script is kept for a name that must not be spoken"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from briefing.models import UtcDateTime

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

#: What is withdrawn before this says so by a revision that was live.
_WITHDRAWN = sa.text("withdrawn_at IS NOT NULL")


def upgrade() -> None:
    """Apply."""
    op.add_column("briefings", sa.Column("withdrawn_at", UtcDateTime(), nullable=True))
    op.add_column("briefings", sa.Column("withdrawn_number", sa.Integer(), nullable=True))
    op.create_index(
        "briefings_withdrawn", "briefings", ["withdrawn_at"], sqlite_where=_WITHDRAWN, postgresql_where=_WITHDRAWN
    )
    # What failed for such a name was kept with its words until now.
    revisions = sa.table("revisions", *map(sa.column, ("script", "state", "error_code")))
    refused = (revisions.c.state == "failed", revisions.c.error_code == "never_speak")
    op.execute(revisions.update().where(*refused).values(script=sa.null()))


def downgrade() -> None:
    """Take back. What was withdrawn before it was live is made again at the next save."""
    op.drop_index("briefings_withdrawn", "briefings")
    with op.batch_alter_table("briefings") as batch:
        batch.drop_column("withdrawn_number")
        batch.drop_column("withdrawn_at")
