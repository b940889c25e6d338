"""Lists of pronunciations respoken at once; how much there is of a revision in all"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0028"
branch_labels = None
depends_on = None

_OF_ALL = ("segments", "takes", "characters")


def upgrade() -> None:
    """Apply."""
    op.add_column("respeaks", sa.Column("words", sa.Integer(), nullable=False, server_default=sa.text("1")))
    op.create_table(
        "respeak_words",
        sa.Column("respeak_id", sa.String(length=16), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["respeak_id"], ["respeaks.id"], name=op.f("fk_respeak_words_respeak_id_respeaks"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("respeak_id", "position", name=op.f("pk_respeak_words")),
    )
    for name in _OF_ALL:
        op.add_column("vocabularies", sa.Column(name, sa.Integer(), nullable=True))


def downgrade() -> None:
    """Take back. Lists that are being respoken go no further; what was recorded stays recorded."""
    op.drop_table("respeak_words")
    for table in ("respoken", "respeaks"):
        column = "respeak_id" if table == "respoken" else "id"
        op.execute(f"DELETE FROM {table} WHERE {column} IN (SELECT id FROM respeaks WHERE words > 1)")  # noqa: S608
    with op.batch_alter_table("respeaks") as batch:
        batch.drop_column("words")
    with op.batch_alter_table("vocabularies") as batch:
        for name in _OF_ALL:
            batch.drop_column(name)
