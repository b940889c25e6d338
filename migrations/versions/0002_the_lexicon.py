"""The lexicon"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_UNIQUE = (
    ("uq_lexicon_entries_of_a_show", ["show", "written", "language", "origin"], "show IS NOT NULL"),
    ("uq_lexicon_entries_of_the_newsroom", ["written", "language", "origin"], "show IS NULL"),
)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "lexicon_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("show", sa.String(length=128), nullable=True),
        sa.Column("written", sa.String(length=100), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("alias", sa.String(length=200), nullable=False),
        sa.Column("case_sensitive", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["show"], ["shows.slug"], name=op.f("fk_lexicon_entries_show_shows")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lexicon_entries")),
    )
    with op.batch_alter_table("lexicon_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lexicon_entries_show"), ["show"], unique=False)
        # NULL equals nothing, so the newsroom's words, which have no show, need an index of their own.
        for name, columns, where in _UNIQUE:
            condition = sa.text(where)
            batch_op.create_index(name, columns, unique=True, sqlite_where=condition, postgresql_where=condition)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("lexicon_entries", schema=None) as batch_op:
        for name, _, _ in _UNIQUE:
            batch_op.drop_index(name)
        batch_op.drop_index(batch_op.f("ix_lexicon_entries_show"))

    op.drop_table("lexicon_entries")
