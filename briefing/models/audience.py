"""What listeners heard: for a day or two by session and by salted client, then a row a day."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Float, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from briefing.models.base import Base


class PlayRow(Base):
    """What one page view heard of one MP3."""

    __tablename__ = "plays"
    __table_args__ = (Index("plays_waiting", "waiting"), Index("plays_by_change", "changed_at"))
    session: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Random, made by the page view; says nothing of who listens."""
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    show: Mapped[str] = mapped_column(String(128))
    briefing_id: Mapped[str] = mapped_column(String(32))
    article: Mapped[str] = mapped_column(String(257))
    revision: Mapped[int]
    duration_ms: Mapped[int] = mapped_column(BigInteger)
    day: Mapped[str] = mapped_column(String(10))
    """UTC, on which it began."""
    spans: Mapped[list[Any]]
    """[from, to] in milliseconds: all that was heard."""
    folded: Mapped[list[Any]]
    """What of it is in the day's row."""
    waiting: Mapped[bool]
    """Whether the two differ."""
    changed_at: Mapped[datetime]


class DownloadRow(Base):
    """What one client asked for of one MP3 within 24 hours. Goes with the salt that its hash was made with."""

    __tablename__ = "downloads"
    __table_args__ = (Index("downloads_by_state", "state"), Index("downloads_by_moment", "at"))
    client: Mapped[str] = mapped_column(String(32), primary_key=True)
    """Address and user agent under the day's salt."""
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    show: Mapped[str] = mapped_column(String(128), primary_key=True)
    """In whose feed it was."""
    briefing_id: Mapped[str] = mapped_column(String(32))
    article: Mapped[str] = mapped_column(String(257))
    revision: Mapped[int]
    day: Mapped[str] = mapped_column(String(10))
    at: Mapped[float] = mapped_column(Float)
    """Of the first request, in seconds since the epoch."""
    spans: Mapped[list[Any]]
    """[from, to] in bytes."""
    state: Mapped[str] = mapped_column(String(8))
    """asking (for less than a minute so far), enough, folded (into the day's row)."""


class SaltRow(Base):
    """A day's salt; destroyed when the next day ends."""

    __tablename__ = "salts"
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    salt: Mapped[str] = mapped_column(String(64))
    """32 random bytes in hex."""


class AudienceRow(Base):
    """A day's figures of one MP3 in one show."""

    __tablename__ = "audience"
    __table_args__ = (
        Index("audience_by_article", "article", "day"),
        # All that sums are made of, without `heard_ms`, which is most of a row.
        Index(
            "audience_counts",
            *("day", "show", "article", "briefing_id", "plays", "completed", "downloads"),
            *(f"quarter_{number}_ms" for number in range(1, 5)),
        ),
    )
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    """UTC, as 2026-05-01."""
    show: Mapped[str] = mapped_column(String(128), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    briefing_id: Mapped[str] = mapped_column(String(32))
    article: Mapped[str] = mapped_column(String(257))
    """The briefing's first."""
    revision: Mapped[int]
    duration_ms: Mapped[int] = mapped_column(BigInteger)
    plays: Mapped[int]
    """Page views in which something was heard."""
    completed: Mapped[int]
    """Of them, those in which nearly all was."""
    downloads: Mapped[int]
    quarter_1_ms: Mapped[int] = mapped_column(BigInteger)
    """Milliseconds heard of the first quarter, by all plays together."""
    quarter_2_ms: Mapped[int] = mapped_column(BigInteger)
    quarter_3_ms: Mapped[int] = mapped_column(BigInteger)
    quarter_4_ms: Mapped[int] = mapped_column(BigInteger)
    heard_ms: Mapped[list[Any]]
    """The same by hundredths of the audio."""
