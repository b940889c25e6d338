"""Mentions: which live revision says which word; respeaks, samples, listeners' reports"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from briefing.models import UtcDateTime
from briefing.models.base import PlainText

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_TABLES = ("notices", "reports", "samples", "respoken", "respeaks", "mentions", "vocabularies", "words")


def upgrade() -> None:
    """Apply."""
    op.add_column("revisions", sa.Column("words_noted", sa.Boolean(), nullable=False, server_default=sa.false()))
    unread = sa.text("state = 'live' AND NOT words_noted")
    op.create_index("revisions_unread", "revisions", ["id"], sqlite_where=unread, postgresql_where=unread)
    _mentions()
    _respeaks()
    _samples()
    _reports()
    _notices()


def _mentions() -> None:
    op.create_table(
        "words",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_words")),
        sa.UniqueConstraint("text", name=op.f("uq_words_text")),
    )
    op.create_table(
        "vocabularies",
        sa.Column("revision_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("briefing_id", sa.String(length=32), nullable=False),
        sa.Column("show", sa.String(length=128), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("voice", sa.String(length=128), nullable=False),
        sa.Column("audio_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["revision_id"], ["revisions.id"], name=op.f("fk_vocabularies_revision_id_revisions")),
        sa.ForeignKeyConstraint(["briefing_id"], ["briefings.id"], name=op.f("fk_vocabularies_briefing_id_briefings")),
        sa.PrimaryKeyConstraint("revision_id", name=op.f("pk_vocabularies")),
    )
    op.create_index(op.f("ix_vocabularies_briefing_id"), "vocabularies", ["briefing_id"])
    op.create_table(
        "mentions",
        sa.Column("word_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("takes", sa.Integer(), nullable=False),
        sa.Column("characters", sa.Integer(), nullable=False),
        sa.Column("audio_ms", sa.Integer(), nullable=False),
        sa.Column("guessed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["word_id"], ["words.id"], name=op.f("fk_mentions_word_id_words")),
        sa.ForeignKeyConstraint(
            ["revision_id"],
            ["vocabularies.revision_id"],
            name=op.f("fk_mentions_revision_id_vocabularies"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("word_id", "revision_id", name=op.f("pk_mentions")),
        sqlite_with_rowid=False,
    )
    op.create_index("mentions_of_revision", "mentions", ["revision_id"])
    guessed = sa.text("guessed")
    op.create_index("mentions_guessed", "mentions", ["word_id"], sqlite_where=guessed, postgresql_where=guessed)


def _respeaks() -> None:
    op.create_table(
        "respeaks",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("show", sa.String(length=128), nullable=True),
        sa.Column("written", sa.String(length=100), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("undoes", sa.String(length=16), nullable=True),
        sa.Column("requested_by", sa.String(length=128), nullable=False),
        sa.Column("requester", sa.String(length=64), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_respeaks")),
    )
    op.create_index("respeaks_by_moment", "respeaks", ["created_at"])
    op.create_table(
        "respoken",
        sa.Column("respeak_id", sa.String(length=16), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("briefing_id", sa.String(length=32), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=True),
        sa.Column("passed_over", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["respeak_id"], ["respeaks.id"], name=op.f("fk_respoken_respeak_id_respeaks"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["briefing_id"], ["briefings.id"], name=op.f("fk_respoken_briefing_id_briefings")),
        sa.PrimaryKeyConstraint("respeak_id", "position", name=op.f("pk_respoken")),
    )


def _samples() -> None:
    op.create_table(
        "samples",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("recipe", sa.String(length=64), nullable=False),
        sa.Column("voice", sa.String(length=128), nullable=False),
        sa.Column("phrase", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("entry", sa.JSON(), nullable=True),
        sa.Column("show", sa.String(length=128), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("take", sa.String(length=64), nullable=True),
        sa.Column("spoken", PlainText(), nullable=True),
        sa.Column("error_code", sa.String(length=64), nullable=True),
        sa.Column("error_message", PlainText(), nullable=True),
        sa.Column("requester", sa.String(length=64), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_samples")),
        sa.UniqueConstraint("recipe", name=op.f("uq_samples_recipe")),
    )
    op.create_index("samples_by_moment", "samples", ["created_at"])


def _reports() -> None:
    op.create_table(
        "reports",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("briefing_id", sa.String(length=32), nullable=False),
        sa.Column("word", sa.String(length=64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("at_ms", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), server_default=sa.text("'open'"), nullable=False),
        sa.Column("first_at", UtcDateTime(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("closed_by", sa.String(length=128), nullable=True),
        sa.ForeignKeyConstraint(["briefing_id"], ["briefings.id"], name=op.f("fk_reports_briefing_id_briefings")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint("briefing_id", "word", name=op.f("uq_reports_briefing_id")),
    )
    op.create_index("reports_open", "reports", ["state", "last_at"])
    op.create_index("reports_by_change", "reports", ["last_at"])


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("revision_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("briefing_id", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["revision_id"], ["revisions.id"], name=op.f("fk_notices_revision_id_revisions")),
        sa.PrimaryKeyConstraint("revision_id", name=op.f("pk_notices")),
    )
    op.create_index("notices_of_briefing", "notices", ["briefing_id", "reason", "at"])
    op.create_index("notices_by_moment", "notices", ["at"])


def downgrade() -> None:
    """Take back. What was known of words is found again after the next upgrade; respeaks and reports are lost."""
    for table in _TABLES:
        op.drop_table(table)
    op.drop_index("revisions_unread", "revisions")
    with op.batch_alter_table("revisions") as batch:
        batch.drop_column("words_noted")
