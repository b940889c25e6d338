"""Who gets what when: places in line, engines' gates, what was spent, estimates of cost."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Float, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from briefing.models.base import Base


class LaneRow(Base):
    """Where a lane stands in a queue: the rank of its newest revision. A lane is a requester in a show."""

    __tablename__ = "lanes"
    queue: Mapped[str] = mapped_column(String(16), primary_key=True)
    lane: Mapped[str] = mapped_column(String(300), primary_key=True)
    rank: Mapped[int]
    used_at: Mapped[float | None] = mapped_column(Float)
    """When something was last asked for in it, in seconds since the epoch; None for what older processes added."""


class GateRow(Base):
    """The gate of an online engine, shared by all workers; see `briefing.gates`. Moments by the database's clock."""

    __tablename__ = "engine_gates"
    engine: Mapped[str] = mapped_column(String(64), primary_key=True)
    per_second: Mapped[float] = mapped_column(Float)
    """Requests a second over all workers; 0 for no bound."""
    most_at_once: Mapped[int]
    """Steps at a time over all workers; 0 for no bound."""
    request_characters: Mapped[int]
    """Characters that one request takes; 0: a step is one request."""
    tokens: Mapped[float] = mapped_column(Float)
    """Requests that may be made now; below 0 what was taken is still being worked off."""
    filled_at: Mapped[float] = mapped_column(Float)
    state: Mapped[str] = mapped_column(String(16))
    """closed (all is well), open (nobody may pass), half_open (a probe is under way)."""
    outcomes: Mapped[list[Any]]
    """Whether the newest steps went well, the oldest first."""
    opened_at: Mapped[float | None] = mapped_column(Float)
    open_s: Mapped[float] = mapped_column(Float)
    """Seconds from opening to the next probe."""
    probe_until: Mapped[float | None] = mapped_column(Float)
    reason: Mapped[str] = mapped_column(String(500))
    """What the engine said when the gate opened."""


class SpentRow(Base):
    """What a key or a show has spent on a day."""

    __tablename__ = "spent"
    __table_args__ = (Index("spent_by_day", "day"),)
    owner: Mapped[str] = mapped_column(String(8), primary_key=True)
    """key or show."""
    name: Mapped[str] = mapped_column(String(128), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    """UTC, as 2026-05-01."""
    engine: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Empty for what is counted of requests."""
    characters: Mapped[int] = mapped_column(default=0)
    """Of chunks without a take when their revision was prepared."""
    reused_characters: Mapped[int] = mapped_column(default=0)
    money_millionths: Mapped[int] = mapped_column(BigInteger, default=0)
    briefings: Mapped[int] = mapped_column(default=0)
    """Revisions asked for; of keys only."""
    bulk_articles: Mapped[int] = mapped_column(default=0)


class EstimateRow(Base):
    """What a number of articles would cost, measured in parts by `estimate` steps."""

    __tablename__ = "estimates"
    __table_args__ = (Index("estimates_by_moment", "created_at"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    show: Mapped[str] = mapped_column(String(128))
    voice: Mapped[str | None] = mapped_column(String(128))
    articles: Mapped[list[Any]]
    requester: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    """measuring, ready, failed."""
    parts_left: Mapped[int]
    totals: Mapped[dict[str, Any]]
    """A dumped `briefing.requesting.cost.Cost`, of the parts measured so far."""
    failed: Mapped[list[Any]]
    """[article, error code] of those that could not be read."""
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
