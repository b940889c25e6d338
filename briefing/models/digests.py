"""Digests as configured, and the issues that were made of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from briefing.models.base import Base


class DigestRow(Base):
    """A digest as configured; `settings` is a dumped `Digest`."""

    __tablename__ = "digests"
    slug: Mapped[str] = mapped_column(String(128), primary_key=True)
    position: Mapped[int]
    settings: Mapped[dict[str, Any]]
    listed: Mapped[bool] = mapped_column(default=True)
    """Whether the newest settings file has it; others are not made any more."""
    step_id: Mapped[int | None]
    """The one step that waits for its next time: whichever else does finds that it is not meant."""
    due_at: Mapped[datetime | None]
    """What that step waits for."""
    made_at: Mapped[datetime | None]
    """When it was asked for last, by the schedule or on demand."""
    skipped_at: Mapped[datetime | None]
    """The last time at which it was due and not made."""
    skipped_why: Mapped[str | None] = mapped_column(String(64))
    """late: nothing ran until too long after; nothing: there was no story; else the code of what befell it."""


class IssueRow(Base):
    """A digest of one day, and the briefing that it is."""

    __tablename__ = "issues"
    digest: Mapped[str] = mapped_column(ForeignKey("digests.slug"), primary_key=True)
    issue: Mapped[str] = mapped_column(String(16), primary_key=True)
    """The day, and the time where there are several a day."""
    briefing_id: Mapped[str] = mapped_column(ForeignKey("briefings.id"), unique=True)
    moment: Mapped[datetime]
    """What its greeting says."""
    stories_until: Mapped[datetime]
    """Until when stories were for it; later ones are for the next."""
    remake: Mapped[bool] = mapped_column(default=False)
    """Whether it was withdrawn for a story's sake, and is to be made again without it."""


class IssueStoryRow(Base):
    """That an article is in an issue: by this issues are found when it changes."""

    __tablename__ = "issue_stories"
    __table_args__ = (Index("issue_stories_of_article", "article"),)
    briefing_id: Mapped[str] = mapped_column(ForeignKey("briefings.id"), primary_key=True)
    article: Mapped[str] = mapped_column(String(257), primary_key=True)
    """As "source:id"."""
