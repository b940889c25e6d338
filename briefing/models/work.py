"""Steps, and what processes report of themselves."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Float, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from briefing.database import database_clock
from briefing.models.base import Base, PlainText
from briefing.observing.requests import current_request

#: What the queue's indexes hold: most steps are done, for as long as they are kept, and nobody looks for those.
_UNDONE = text("state <> 'done'")


class StepRow(Base):
    """A unit of work. The database is the record; a broker's message only rings."""

    __tablename__ = "steps"
    __table_args__ = (
        Index("steps_to_claim", "state", "queue", "engine", "rank", "id", postgresql_where=_UNDONE),
        Index("steps_rung", "state", "queue", "rung_at", postgresql_where=_UNDONE),
        Index("steps_of_revision", "revision_id", "kind"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    revision_id: Mapped[int | None] = mapped_column(ForeignKey("revisions.id"))
    kind: Mapped[str] = mapped_column(String(32))
    queue: Mapped[str] = mapped_column(String(16))
    engine: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """The online engine whose gate it has to pass; empty for none."""
    rank: Mapped[int] = mapped_column(default=0, server_default="0")
    """Its revision's place in the queue; lower ones are claimed first."""
    seq: Mapped[int] = mapped_column(default=0)
    """Position among its kind: the chunk's number for `speak`."""
    payload: Mapped[dict[str, Any]]
    """What this step alone needs: the chunk for `speak`."""
    state: Mapped[str] = mapped_column(String(16))
    holder: Mapped[str | None] = mapped_column(String(128))
    """Host and process that leased it."""
    lease_until: Mapped[float | None] = mapped_column(Float)
    fence: Mapped[int] = mapped_column(default=0)
    """Rises with every claim, and when a ring for it was used up; what comes under an older one is dropped."""
    attempts: Mapped[int] = mapped_column(default=0)
    postponed: Mapped[int] = mapped_column(default=0)
    """How often a transient failure put it off."""
    not_before: Mapped[float | None] = mapped_column(Float)
    rung_at: Mapped[float | None] = mapped_column(Float)
    ready_at: Mapped[float | None] = mapped_column(Float, default=database_clock())
    """When it was recorded or became ready last; none for steps of workers from before this column."""
    request_id: Mapped[str | None] = mapped_column(String(64), default=current_request)
    """The request that it goes back to, by which logs are followed."""
    error_code: Mapped[str | None] = mapped_column(String(64))


class HealthRow(Base):
    """What a process last reported of something only it can see, such as the broker."""

    __tablename__ = "health"
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    detail: Mapped[str] = mapped_column(PlainText)
    reported_at: Mapped[float] = mapped_column(Float)


class WorkerRow(Base):
    """A process that works, as it reported itself last; see `briefing.observing.workers`."""

    __tablename__ = "workers"
    name: Mapped[str] = mapped_column(String(128), primary_key=True)
    """The name under which it leases steps: host, process, start."""
    role: Mapped[str] = mapped_column(String(16))
    """worker, dispatcher or runner."""
    host: Mapped[str] = mapped_column(String(128))
    pid: Mapped[int]
    version: Mapped[str] = mapped_column(String(32))
    started_at: Mapped[float] = mapped_column(Float)
    reported_at: Mapped[float] = mapped_column(Float, index=True)
    step_id: Mapped[int | None]
    """The step at hand, or the last one."""
    step_kind: Mapped[str | None] = mapped_column(String(32))
    step_at: Mapped[float | None] = mapped_column(Float)
    """When it began."""
    memory_bytes: Mapped[int | None] = mapped_column(BigInteger)
    """Resident; models included."""
    stopped: Mapped[bool] = mapped_column(default=False)
    measures: Mapped[dict[str, Any]]
    """What it has counted since it started: sample -> value."""
