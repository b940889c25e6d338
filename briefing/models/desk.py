"""Who signs in at the desk, and what opens something there without signing in. Secrets are kept as hashes alone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Float, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from briefing.models.base import Base


class UserRow(Base):
    """Somebody of the newsroom."""

    __tablename__ = "users"
    id: Mapped[str] = mapped_column(String(8), primary_key=True)
    """`u` and seven hex digits, which no key's ID is: audit rows name either."""
    name: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(8))
    password: Mapped[str | None] = mapped_column(String(255))
    """Argon2id's own encoding of hash, salt and cost; None until one is chosen."""
    created_at: Mapped[datetime]


class SignInRow(Base):
    """A browser that is signed in."""

    __tablename__ = "sign_ins"
    __table_args__ = (Index("sign_ins_of_user", "user_id"), Index("sign_ins_by_use", "seen_at"))
    secret_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class WelcomeRow(Base):
    """A link with which somebody chooses a password, once."""

    __tablename__ = "welcomes"
    __table_args__ = (Index("welcomes_of_user", "user_id"),)
    secret_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    ends_at: Mapped[datetime]


class TryRow(Base):
    """How often signing in failed lately, for a name or from an address; neither is kept, only its hash."""

    __tablename__ = "sign_in_tries"
    __table_args__ = (Index("sign_in_tries_by_moment", "last_at"),)
    whose: Mapped[str] = mapped_column(String(64), primary_key=True)
    failed: Mapped[int]
    last_at: Mapped[float] = mapped_column(Float)
    """In seconds since the epoch."""


class ActionLinkRow(Base):
    """A link that lets whoever was sent it do one thing to one briefing without signing in."""

    __tablename__ = "action_links"
    __table_args__ = (Index("action_links_of_briefing", "briefing_id", "created_at"),)
    id: Mapped[str] = mapped_column(String(8), primary_key=True)
    """`l` and seven hex digits, as audit rows name it."""
    secret_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    briefing_id: Mapped[str] = mapped_column(ForeignKey("briefings.id"))
    action: Mapped[str] = mapped_column(String(16))
    recipient: Mapped[str] = mapped_column(String(100))
    """Whom it was made for, as the audit says."""
    made_by: Mapped[str] = mapped_column(String(128))
    created_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
