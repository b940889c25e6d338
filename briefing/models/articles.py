"""Articles and the states in which they were fetched."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from briefing.models.base import Base, OwnJson, PlainText


class ArticleRow(Base):
    """An article that was ever asked for. `address` is where an address source fetches it."""

    __tablename__ = "articles"
    source: Mapped[str] = mapped_column(String(128), primary_key=True)
    id: Mapped[str] = mapped_column(String(128), primary_key=True)
    address: Mapped[str | None] = mapped_column(PlainText)
    found_labels: Mapped[dict[str, Any] | None]
    """Dumped `Labels` of its page, as it was fetched last."""
    told_labels: Mapped[dict[str, Any] | None]
    """Those that a CMS told, which count for more."""
    picks: Mapped[list[Any] | None]
    """Slugs of the shows that list it whatever their rules say."""
    visibility: Mapped[str | None] = mapped_column(String(8))
    """public or members, as its CMS says; None: as its shows say. See `briefing.going_live.access`."""
    paywall: Mapped[dict[str, Any] | None] = mapped_column(OwnJson)
    """A dumped `briefing.going_live.access.Paywall`: how far others hear it; None: as its shows say."""
    embargo_until: Mapped[datetime | None]
    """Nothing of it is public before; see `briefing.going_live.holds`."""


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
