"""What editors have been told of what waits for them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from briefing.models.base import Base


class NoticeRow(Base):
    """That a revision failed or is held, and was looked at; see `worker.notices`."""

    __tablename__ = "notices"
    __table_args__ = (Index("notices_of_briefing", "briefing_id", "reason", "at"), Index("notices_by_moment", "at"))
    revision_id: Mapped[int] = mapped_column(ForeignKey("revisions.id"), primary_key=True, autoincrement=False)
    briefing_id: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(String(64))
    """held, or the error's code."""
    told: Mapped[bool]
    """Whether somebody is told; not where the same of the same briefing was told lately, or nobody wants to know."""
    at: Mapped[datetime]
