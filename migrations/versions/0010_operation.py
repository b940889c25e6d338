"""What operating needs: request IDs, workers' reports, uses, condemned bytes"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

#: Table -> index -> columns.
_INDEXES = {
    "revisions": {
        "revisions_by_state": ["state", "error_code"],
        "revisions_by_end": ["let_go_at", "state", "finished_at"],
        "revisions_to_note": ["uses_noted"],
        "revisions_of_master": ["master_key"],
    },
    "takes": {"ix_takes_sha256": ["sha256"]},
    "masters": {"ix_masters_transcript": ["transcript"]},
}


def _columns() -> dict[str, list[sa.Column]]:
    return {
        "revisions": [
            sa.Column("request_id", sa.String(length=64), nullable=True),
            sa.Column("uses_noted", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("let_go_at", sa.DateTime(timezone=True), nullable=True),
        ],
        "steps": [
            sa.Column("ready_at", sa.Float(), nullable=True),
            sa.Column("request_id", sa.String(length=64), nullable=True),
        ],
    }


def upgrade() -> None:
    """Apply."""
    for table, columns in _columns().items():
        for column in columns:
            # Without a batch, which would copy the table: SQLite adds columns in place.
            op.add_column(table, column)
    for table, indexes in _INDEXES.items():
        for name, columns in indexes.items():
            op.create_index(name, table, columns)
    op.create_table(
        "workers",
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("host", sa.String(length=128), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("started_at", sa.Float(), nullable=False),
        sa.Column("reported_at", sa.Float(), nullable=False),
        sa.Column("step_id", sa.Integer(), nullable=True),
        sa.Column("step_kind", sa.String(length=32), nullable=True),
        sa.Column("step_at", sa.Float(), nullable=True),
        sa.Column("memory_bytes", sa.BigInteger(), nullable=True),
        sa.Column("stopped", sa.Boolean(), nullable=False),
        sa.Column("measures", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_workers")),
    )
    op.create_index(op.f("ix_workers_reported_at"), "workers", ["reported_at"])
    op.create_table(
        "uses",
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["revision_id"], ["revisions.id"], name=op.f("fk_uses_revision_id_revisions")),
        sa.PrimaryKeyConstraint("revision_id", "kind", "name", name=op.f("pk_uses")),
    )
    op.create_index("uses_by_name", "uses", ["kind", "name"])
    op.create_table(
        "condemned",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_condemned")),
    )
    op.create_index(op.f("ix_condemned_since"), "condemned", ["since"])


def downgrade() -> None:
    """Take back."""
    for table in ("condemned", "uses", "workers"):
        op.drop_table(table)
    for table, indexes in _INDEXES.items():
        for name in indexes:
            op.drop_index(name, table)
    for table, columns in _columns().items():
        with op.batch_alter_table(table) as batch_op:
            for column in columns:
                batch_op.drop_column(column.name)
