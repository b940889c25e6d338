"""What editors changed of segments by hand."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from briefing.models.base import Base, PlainText


class OverrideRow(Base):
    """An editor's change to a segment of a briefing, applied on every rebuild; see `briefing.editing.overrides`."""

    __tablename__ = "overrides"
    briefing_id: Mapped[str] = mapped_column(ForeignKey("briefings.id"), primary_key=True)
    segment_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    article: Mapped[str]
    role: Mapped[str] = mapped_column(String(16))
    written: Mapped[str] = mapped_column(PlainText)
    """The segment's text, by which the segment is known again."""
    spoken: Mapped[str | None] = mapped_column(PlainText)
    voice: Mapped[str | None] = mapped_column(String(128))
    omitted: Mapped[bool]
    note: Mapped[str] = mapped_column(PlainText)
    changed_by: Mapped[str] = mapped_column(String(128))
    changer: Mapped[str | None] = mapped_column(String(64))
    """ID of the key it was changed with."""
    changed_at: Mapped[datetime]
