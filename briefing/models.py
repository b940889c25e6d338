"""The tables. A row class ends in Row, so that a table and a value never share a name.

Holds no queries and no rules. Moments that workers compare (leases, delays, rings) are seconds since the
epoch by the database's own clock; moments that people read are UTC date-times.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UtcDateTime(TypeDecorator[datetime]):
    """A date-time that is UTC in Python whatever the database keeps; refuses naive values."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: object) -> datetime | None:  # noqa: ARG002
        """Store as UTC."""
        if value is not None and value.tzinfo is None:
            message = "a naive date-time cannot be stored"
            raise ValueError(message)
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: object) -> datetime | None:  # noqa: ARG002
        """Return as UTC; SQLite gives naive values back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Base of all tables."""

    # Named constraints, because a migration can only change what it can name.
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON, list[Any]: JSON, str: String(512)}  # noqa: RUF012


class ShowRow(Base):
    """A show as configured; `settings` is a dumped `Show`."""

    __tablename__ = "shows"
    slug: Mapped[str] = mapped_column(String(128), primary_key=True)
    position: Mapped[int]
    """Order in the settings file; the first is the home of articles whose source names none."""
    settings: Mapped[dict[str, Any]]
    listed: Mapped[bool] = mapped_column(default=True)
    """Whether the newest settings file has it; others stay for what they published."""
    podcast_guid: Mapped[str] = mapped_column(String(36))
    """Assigned once and kept for ever, whatever the feed's address becomes."""


class SourceRow(Base):
    """A source as configured; `settings` is a dumped `SourceSettings`."""

    __tablename__ = "sources"
    name: Mapped[str] = mapped_column(String(128), primary_key=True)
    position: Mapped[int]
    listed: Mapped[bool] = mapped_column(default=True)
    """Whether the newest settings file has it; nothing is fetched from others."""
    settings: Mapped[dict[str, Any]]


class LexiconRow(Base):
    """A pronunciation; see `briefing.lexicon.LexiconEntry`. Without a show it is the newsroom's."""

    __tablename__ = "lexicon_entries"
    __table_args__ = tuple(  # two, since NULL equals nothing
        Index(f"uq_lexicon_entries_of_{owner}", *words, unique=True, sqlite_where=where, postgresql_where=where)
        for owner, words, where in (
            ("a_show", ("show", "written", "language", "origin"), text("show IS NOT NULL")),
            ("the_newsroom", ("written", "language", "origin"), text("show IS NULL")),
        )
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    show: Mapped[str | None] = mapped_column(String(128), ForeignKey("shows.slug"), index=True)
    written: Mapped[str] = mapped_column(String(100))
    language: Mapped[str] = mapped_column(String(35))
    kind: Mapped[str] = mapped_column(String(16))
    value: Mapped[str] = mapped_column(String(200))
    alias: Mapped[str] = mapped_column(String(200))
    case_sensitive: Mapped[bool]
    note: Mapped[str] = mapped_column(String(500))
    origin: Mapped[str] = mapped_column(String(16))
    """`file`: of the settings file, replaced by each application of it; `desk`: made by hand, kept."""
    changed_at: Mapped[datetime]


class ArticleRow(Base):
    """An article that was ever asked for. `address` is where an address source fetches it."""

    __tablename__ = "articles"
    source: Mapped[str] = mapped_column(String(128), primary_key=True)
    id: Mapped[str] = mapped_column(String(128), primary_key=True)
    address: Mapped[str | None] = mapped_column(Text)


class ArticleVersionRow(Base):
    """One fetched state of an article; never changed. `content` is a dumped `Article`."""

    __tablename__ = "article_versions"
    __table_args__ = (UniqueConstraint("source", "article_id", "content_hash"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(128))
    article_id: Mapped[str] = mapped_column(String(128))
    content_hash: Mapped[str] = mapped_column(String(64))
    content: Mapped[dict[str, Any]]
    fetched_at: Mapped[datetime]


class BriefingRow(Base):
    """One or more articles to be heard as one MP3; `identity` is unique over show, kind and articles."""

    __tablename__ = "briefings"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    identity: Mapped[str] = mapped_column(String(64), unique=True)
    show: Mapped[str] = mapped_column(ForeignKey("shows.slug"))
    kind: Mapped[str] = mapped_column(String(16))
    articles: Mapped[list[Any]]
    """Ordered "source:id" strings."""
    live_revision: Mapped[int | None] = mapped_column(Integer)
    """The revision that readers hear. Only publishing changes it, and only upwards."""
    created_at: Mapped[datetime]


class RevisionRow(Base):
    """One attempt at a briefing's audio."""

    __tablename__ = "revisions"
    __table_args__ = (UniqueConstraint("briefing_id", "number"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    briefing_id: Mapped[str] = mapped_column(ForeignKey("briefings.id"))
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))
    queue: Mapped[str] = mapped_column(String(16))
    voice: Mapped[str] = mapped_column(String(128))
    request: Mapped[dict[str, Any]]
    """What was asked beyond the identity: refetch, segments."""
    show: Mapped[dict[str, Any]]
    """The home show's settings when the revision was asked for."""
    asked_again: Mapped[bool] = mapped_column(default=False)
    """Whether an equal request shared it after it had fetched."""
    requested_by: Mapped[str] = mapped_column(String(128))
    created_at: Mapped[datetime]
    prepared_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    narrator: Mapped[dict[str, Any] | None]
    script: Mapped[dict[str, Any] | None]
    card: Mapped[dict[str, Any] | None]
    """A dumped `Card`."""
    versions: Mapped[list[Any] | None]
    """IDs of the article versions, in the order of the briefing's articles."""
    chunks: Mapped[list[Any] | None]
    """Dumped `Chunk` values in order."""
    chunks_total: Mapped[int] = mapped_column(default=0)
    """Distinct chunks to be spoken or reused."""
    chunks_reused: Mapped[int] = mapped_column(default=0)
    chunks_left: Mapped[int] = mapped_column(default=0)
    spoken_s: Mapped[float] = mapped_column(default=0.0)
    """Seconds of audio ready so far, reused takes included."""
    master_key: Mapped[str | None] = mapped_column(ForeignKey("masters.key"))
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_message: Mapped[str | None] = mapped_column(Text)
    error_hint: Mapped[str | None] = mapped_column(Text)


class StepRow(Base):
    """A unit of work. The database is the record; a broker's message only rings."""

    __tablename__ = "steps"
    __table_args__ = (
        Index("steps_to_claim", "state", "queue", "id"),
        Index("steps_of_revision", "revision_id", "kind"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    revision_id: Mapped[int | None] = mapped_column(ForeignKey("revisions.id"))
    kind: Mapped[str] = mapped_column(String(32))
    queue: Mapped[str] = mapped_column(String(16))
    seq: Mapped[int] = mapped_column(default=0)
    """Position among its kind: the chunk's number for `speak`."""
    payload: Mapped[dict[str, Any]]
    """What this step alone needs: the chunk for `speak`."""
    state: Mapped[str] = mapped_column(String(16))
    holder: Mapped[str | None] = mapped_column(String(128))
    """Host and process that leased it."""
    lease_until: Mapped[float | None] = mapped_column(Float)
    fence: Mapped[int] = mapped_column(default=0)
    """Rises with every claim; a result under an older fence is dropped."""
    attempts: Mapped[int] = mapped_column(default=0)
    postponed: Mapped[int] = mapped_column(default=0)
    """How often a transient failure put it off."""
    not_before: Mapped[float | None] = mapped_column(Float)
    rung_at: Mapped[float | None] = mapped_column(Float)
    error_code: Mapped[str | None] = mapped_column(String(64))


class TakeRow(Base):
    """A take in storage; see `briefing.audio.Take`."""

    __tablename__ = "takes"
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    rate: Mapped[int]
    samples: Mapped[int]
    loudness_lufs: Mapped[float | None]
    created_at: Mapped[datetime]


class MasterRow(Base):
    """A finished MP3 in storage; `content` is a dumped `Master`."""

    __tablename__ = "masters"
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    bytes: Mapped[int]
    samples: Mapped[int]
    content: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class EpisodeRow(Base):
    """A briefing published in a show; its guid and first date never change."""

    __tablename__ = "episodes"
    show: Mapped[str] = mapped_column(ForeignKey("shows.slug"), primary_key=True)
    briefing_id: Mapped[str] = mapped_column(ForeignKey("briefings.id"), primary_key=True)
    guid: Mapped[str] = mapped_column(String(64), unique=True)
    published_at: Mapped[datetime]


class VariationRow(Base):
    """How often an editor asked for another reading of a segment."""

    __tablename__ = "variations"
    briefing_id: Mapped[str] = mapped_column(ForeignKey("briefings.id"), primary_key=True)
    segment_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    number: Mapped[int]


class KeyRow(Base):
    """An API key; only the hash of its secret is kept."""

    __tablename__ = "keys"
    id: Mapped[str] = mapped_column(String(8), primary_key=True)
    name: Mapped[str] = mapped_column(String(128))
    secret_sha256: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[Any]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class IdempotencyRow(Base):
    """An answered request, by its Idempotency-Key and caller."""

    __tablename__ = "idempotency"
    key_id: Mapped[str] = mapped_column(String(8), primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    briefing_id: Mapped[str] = mapped_column(String(32))
    status: Mapped[int]
    """HTTP status of the first answer."""
    created_at: Mapped[datetime]


class HealthRow(Base):
    """What a process last reported of something only it can see, such as the broker."""

    __tablename__ = "health"
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    detail: Mapped[str] = mapped_column(Text)
    reported_at: Mapped[float] = mapped_column(Float)
