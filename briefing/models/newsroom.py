"""What a newsroom is set up with: shows, sources, pronunciations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from briefing.models.base import Base


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
    artwork_png: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether feeds name its artwork as the PNG that it was given as, beside the JPEG that there always is."""


class SourceRow(Base):
    """A source as configured; `settings` is a dumped `SourceSettings`."""

    __tablename__ = "sources"
    name: Mapped[str] = mapped_column(String(128), primary_key=True)
    position: Mapped[int]
    listed: Mapped[bool] = mapped_column(default=True)
    """Whether the newest settings file has it; nothing is fetched from others."""
    settings: Mapped[dict[str, Any]]


class LexiconRow(Base):
    """A pronunciation; see `briefing.pronunciations.lexicon.LexiconEntry`. Without a show it is the newsroom's."""

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
