"""Pronunciations at work: what is spoken anew for one, how one sounds, which words listeners complain of."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from briefing.models.base import Base, OwnJson, PlainText


class RespeakRow(Base):
    """A pronunciation changed, and what says its word made again; see `briefing.pronunciations.respeaks`."""

    __tablename__ = "respeaks"
    __table_args__ = (Index("respeaks_by_moment", "created_at"),)
    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    show: Mapped[str | None] = mapped_column(String(128))
    """Whose pronunciation it is; None: the newsroom's."""
    written: Mapped[str] = mapped_column(String(100))
    language: Mapped[str] = mapped_column(String(35))
    before: Mapped[dict[str, Any] | None] = mapped_column(OwnJson)
    """A dumped `LexiconEntry`: what was recorded by hand for the word; None for nothing."""
    after: Mapped[dict[str, Any] | None] = mapped_column(OwnJson)
    """What took its place; None where it was removed."""
    words: Mapped[int] = mapped_column(server_default=text("1"))
    """Pronunciations: one, or those of a list, which are rows of their own; this one names no word then."""
    state: Mapped[str] = mapped_column(String(16))
    """recording (not all briefings have their new revision), recorded, undone."""
    total: Mapped[int]
    """Briefings."""
    undoes: Mapped[str | None] = mapped_column(String(16))
    """The one that this takes back."""
    requested_by: Mapped[str] = mapped_column(String(128))
    requester: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]


class RespeakWordRow(Base):
    """A pronunciation of a list that was changed at once."""

    __tablename__ = "respeak_words"
    respeak_id: Mapped[str] = mapped_column(ForeignKey("respeaks.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    before: Mapped[dict[str, Any] | None] = mapped_column(OwnJson)
    after: Mapped[dict[str, Any] | None] = mapped_column(OwnJson)


class RespokenRow(Base):
    """A briefing of a respeak, at its place by audience."""

    __tablename__ = "respoken"
    respeak_id: Mapped[str] = mapped_column(ForeignKey("respeaks.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    briefing_id: Mapped[str] = mapped_column(ForeignKey("briefings.id"))
    revision_id: Mapped[int | None]
    """Made for it; None while it waits, or where it was passed over. No foreign key: it only tells how far it is."""
    passed_over: Mapped[bool]
    """Whether there was nothing to make again when its turn came: withdrawn meanwhile; or nobody could."""


class SampleRow(Base):
    """A word as a pronunciation would have a voice say it."""

    __tablename__ = "samples"
    __table_args__ = (UniqueConstraint("recipe"), Index("samples_by_moment", "created_at"))
    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    recipe: Mapped[str] = mapped_column(String(64))
    """Hash of all that it depends on: equal ones are spoken once."""
    voice: Mapped[str] = mapped_column(String(128))
    phrase: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(35))
    entry: Mapped[dict[str, Any] | None] = mapped_column(OwnJson)
    """A dumped `LexiconEntry`; None: as it is said now."""
    show: Mapped[str | None] = mapped_column(String(128))
    state: Mapped[str] = mapped_column(String(8))
    """making, ready, failed."""
    take: Mapped[str | None] = mapped_column(String(64))
    """Its take's key."""
    spoken: Mapped[str | None] = mapped_column(PlainText)
    """What the voice was given to say."""
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_message: Mapped[str | None] = mapped_column(PlainText)
    requester: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]


class ReportRow(Base):
    """A word that listeners heard said wrongly in a briefing. Says nothing of who they are."""

    __tablename__ = "reports"
    __table_args__ = (
        UniqueConstraint("briefing_id", "word"),
        Index("reports_open", "state", "last_at"),
        Index("reports_by_change", "last_at"),
    )
    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    briefing_id: Mapped[str] = mapped_column(ForeignKey("briefings.id"))
    word: Mapped[str] = mapped_column(String(64))
    count: Mapped[int]
    """How many told so."""
    revision: Mapped[int]
    """Number of the newest revision that it was told of."""
    at_ms: Mapped[int]
    """Where in that revision's audio it was heard last; milliseconds."""
    state: Mapped[str] = mapped_column(String(8), server_default=text("'open'"))
    """open, closed."""
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(String(128))
