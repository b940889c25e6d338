"""Who may ask, and what was answered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from briefing.models.base import Base


class KeyRow(Base):
    """An API key; only the hash of its secret is kept."""

    __tablename__ = "keys"
    id: Mapped[str] = mapped_column(String(8), primary_key=True)
    name: Mapped[str] = mapped_column(String(128))
    secret_sha256: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[Any]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    limits: Mapped[dict[str, Any] | None]
    """A dumped `briefing.limits.KeyLimits`; None takes the defaults of the settings."""


class IdempotencyRow(Base):
    """An answered request, by its Idempotency-Key and caller."""

    __tablename__ = "idempotency"
    key_id: Mapped[str] = mapped_column(String(8), primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    answered_id: Mapped[str] = mapped_column("briefing_id", String(32))
    """ID of what was answered: a briefing, respeak, estimate or listener, as the request's fingerprint has it. The
    column keeps its name of when briefings were all there was: while hosts are upgraded, processes of before read and
    write it by that, and requests with a key would fail there."""
    status: Mapped[int]
    """HTTP status of the first answer."""
    created_at: Mapped[datetime]


class AuditRow(Base):
    """A change, and who made it. Only ever added; names its briefing without holding it, to outlive it."""

    __tablename__ = "audit"
    __table_args__ = (Index("audit_by_moment", "at", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    key_id: Mapped[str | None] = mapped_column(String(8))
    by: Mapped[str] = mapped_column(String(128))
    """The key's name, or the user that ran a command."""
    action: Mapped[str] = mapped_column(String(32))
    briefing_id: Mapped[str | None] = mapped_column(String(32), index=True)
    revision: Mapped[int | None]
    """Number of the revision that was made or published."""
    detail: Mapped[str]
