"""PostgreSQL's indexes of the queue leave out what is done"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_INDEXES = {"steps_to_claim": ["state", "queue", "engine", "rank", "id"], "steps_rung": ["state", "queue", "rung_at"]}


def upgrade() -> None:
    """Apply. What workers of before ask is answered by these as well: they never look for what is done."""
    _made_anew(sa.text("state <> 'done'"))


def downgrade() -> None:
    """Take back."""
    _made_anew(None)


def _made_anew(where: sa.TextClause | None) -> None:
    # SQLite would use them only for states that stand in the statement itself.
    if op.get_bind().dialect.name == "postgresql":
        for name, columns in _INDEXES.items():
            op.drop_index(name, "steps")
            op.create_index(name, "steps", columns, postgresql_where=where)
