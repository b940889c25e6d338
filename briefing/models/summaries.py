"""Summaries of stories for digests, and what editors said of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from briefing.models.base import Base, PlainText


class SummaryRow(Base):
    """What a model wrote of a story as it was live, once for each text, model and recipe."""

    __tablename__ = "summaries"
    __table_args__ = (
        UniqueConstraint("briefing_id", "source_sha256", "model", "recipe"),
        Index("summaries_by_state", "state", "created_at"),
    )
    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    briefing_id: Mapped[str] = mapped_column(ForeignKey("briefings.id"))
    """The story's."""
    article: Mapped[str] = mapped_column(String(257))
    """As "source:id"."""
    source_sha256: Mapped[str] = mapped_column(String(64))
    """Hash of the text that it is a summary of."""
    model: Mapped[str] = mapped_column(String(128))
    recipe: Mapped[str] = mapped_column(String(16))
    """How the model was asked."""
    state: Mapped[str] = mapped_column(String(16))
    """asked, failed (no answer), refused (by the checks), waiting (for an editor), approved, declined, void (its story
    says something else by now, or is withdrawn)."""
    text: Mapped[str | None] = mapped_column(PlainText)
    """None before there is an answer, and once it is void or declined."""
    text_sha256: Mapped[str | None] = mapped_column(String(64))
    reasons: Mapped[list[Any]]
    """Why it was refused or failed, in words."""
    edited: Mapped[bool]
    """Whether an editor has worded it otherwise than the model did."""
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(String(128))
