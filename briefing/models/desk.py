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


class IdentityRow(Base):
    """Who somebody is at a provider: never an address or a name, which providers give to others in time."""

    __tablename__ = "identities"
    __table_args__ = (Index("identities_of_user", "user_id"),)
    issuer: Mapped[str] = mapped_column(String(255), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    """None while it waits for an admin to say whose it is."""
    name: Mapped[str] = mapped_column(String(64))
    """What the provider called them at last."""
    role: Mapped[str] = mapped_column(String(8))
    """What the provider's claim made of them at last."""
    seen_at: Mapped[datetime]


class SignInStartRow(Base):
    """A browser that was sent to the provider and is expected back, once."""

    __tablename__ = "sign_in_starts"
    __table_args__ = (Index("sign_in_starts_by_end", "ends_at"),)
    secret_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    wanted: Mapped[str] = mapped_column(String(512))
    """The page of ours that it goes on to."""
    ends_at: Mapped[datetime]


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
