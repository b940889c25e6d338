"""Guesses: how often unknown words are in what is live, as counted last; sums of the audience from an index alone"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0025"
branch_labels = None
depends_on = None

_COUNTS = [
    *("day", "show", "article", "briefing_id", "plays", "completed", "downloads"),
    *(f"quarter_{number}_ms" for number in range(1, 5)),
]


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "guesses",
        sa.Column("show", sa.String(length=128), nullable=False),
        sa.Column("word_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("briefings", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("plays", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["word_id"], ["words.id"], name=op.f("fk_guesses_word_id_words")),
        sa.PrimaryKeyConstraint("show", "word_id", name=op.f("pk_guesses")),
    )
    op.create_index("guesses_by_plays", "guesses", ["show", "plays", "count", "word_id"])
    op.create_index("audience_counts", "audience", _COUNTS)


def downgrade() -> None:
    """Take back."""
    op.drop_index("audience_counts", "audience")
    op.drop_table("guesses")
