"""Steps, and what processes report of themselves."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Float, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from briefing.models.base import Base, PlainText


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


class HealthRow(Base):
    """What a process last reported of something only it can see, such as the broker."""

    __tablename__ = "health"
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    detail: Mapped[str] = mapped_column(PlainText)
    reported_at: Mapped[float] = mapped_column(Float)
