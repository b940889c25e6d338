"""Who hears what only members may: listeners with a feed of their own, and the keys that addresses are signed with."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from briefing.models.base import Base


class ListenerRow(Base):
    """Somebody with a private feed of a show; only the hash of its secret is kept."""

    __tablename__ = "listeners"
    __table_args__ = (Index("listeners_of_show", "show", "created_at"),)
    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    show: Mapped[str] = mapped_column(ForeignKey("shows.slug"))
    name: Mapped[str] = mapped_column(String(128))
    """What the site calls them, such as the number of their membership; said to nobody."""
    secret_sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class AddressKeyRow(Base):
    """A key that addresses of members' files are signed with. The newest signs, all verify until they end."""

    __tablename__ = "address_keys"
    id: Mapped[str] = mapped_column(String(8), primary_key=True)
    secret: Mapped[str] = mapped_column(String(64))
    """32 random bytes in hex."""
    created_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
