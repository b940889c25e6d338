"""Stored takes and masters."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Float, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from briefing.models.base import Base


class TakeRow(Base):
    """A take in storage; see `briefing.audio.Take`."""

    __tablename__ = "takes"
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    rate: Mapped[int]
    samples: Mapped[int] = mapped_column(BigInteger)
    loudness_lufs: Mapped[float | None]
    words: Mapped[list[Any]]
    """Dumped `TimedWord` values."""
    timing: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime]


_PICTURED = text("picture IS NOT NULL")


class MasterRow(Base):
    """A finished MP3 in storage; `content` is a dumped `Master`."""

    __tablename__ = "masters"
    __table_args__ = (Index("masters_pictured", "picture", sqlite_where=_PICTURED, postgresql_where=_PICTURED),)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    # Thirteen hours at 44.1 kHz are more samples than 31 bits count, and what fails then is a finished programme.
    bytes: Mapped[int] = mapped_column(BigInteger)
    samples: Mapped[int] = mapped_column(BigInteger)
    transcript: Mapped[str] = mapped_column(String(64), index=True)
    """sha256 of the stored transcript; empty for masters from before there were any."""
    picture: Mapped[str | None] = mapped_column(String(64))
    """sha256 of the episode's own picture, where that was taken over with it."""
    picture_ending: Mapped[str | None] = mapped_column(String(4))
    """Of its name: jpg or png."""
    chapters: Mapped[list[Any]]
    """Dumped `Cue` values: what feeds show of hundreds of masters, apart from all that they do not."""
    content: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class UseRow(Base):
    """That a revision is made of a take or an article version; written by retention before it lets anything go."""

    __tablename__ = "uses"
    __table_args__ = (Index("uses_by_name", "kind", "name"),)
    revision_id: Mapped[int] = mapped_column(ForeignKey("revisions.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    """take or version."""
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    """The take's key or the version's ID."""


class CondemnedRow(Base):
    """Stored bytes that no row names any more; removed after a while, unless a row names them again."""

    __tablename__ = "condemned"
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    since: Mapped[float] = mapped_column(Float, index=True)
