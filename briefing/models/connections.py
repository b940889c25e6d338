"""What we keep of a source that is a CMS: its keys and secrets, how far it was looked at, what was seen and heard."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Float, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from briefing.models.base import Base, OwnJson, PlainText


class ConnectionRow(Base):
    """A source's connection. `keys` and `hook_secrets` are shown to nobody and in no log."""

    __tablename__ = "connections"
    source: Mapped[str] = mapped_column(String(128), primary_key=True)
    keys: Mapped[dict[str, Any] | None] = mapped_column(OwnJson)
    """Options of its kind that are secret: name -> key of the CMS's API."""
    hook_secrets: Mapped[list[Any] | None] = mapped_column(OwnJson)
    """Secrets that its webhooks are signed with, the newest first: {"secret", "ends_at": seconds since the epoch or
    null}. A signature is made with the secret itself, so that no hash of it would do. Both are sealed
    (`briefing.secrets.sealing`), but for what an older release has left until the next sweep."""
    by_command: Mapped[bool] = mapped_column(default=False)
    """Whether `briefcast connect` recorded the source, which the settings file then need not name."""
    began_at: Mapped[datetime]
    """What was published earlier is back catalogue."""
    cursor: Mapped[datetime | None]
    """The newest change that was seen, by the CMS's clock."""
    polled_at: Mapped[datetime | None]
    succeeded_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    """Polls that failed since the last that did not."""
    error_code: Mapped[str | None] = mapped_column(String(64))
    error: Mapped[str | None] = mapped_column(PlainText)
    """Why the last poll failed, in words; None since one went well."""
    heard_at: Mapped[datetime | None]
    """When a webhook of it was accepted last."""


class SightingRow(Base):
    """How an article stood when it was seen last; see `briefing.following.sightings.Seen`."""

    __tablename__ = "sightings"
    __table_args__ = (Index("sightings_to_look_at", "source", "looked_at"),)
    source: Mapped[str] = mapped_column(String(128), primary_key=True)
    article_id: Mapped[str] = mapped_column(String(128), primary_key=True)
    updated_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(16))
    scheduled_at: Mapped[datetime | None]
    visibility: Mapped[str | None] = mapped_column(String(8))
    text_hash: Mapped[str | None] = mapped_column(String(64))
    withdrew: Mapped[bool] = mapped_column(default=False)
    """Whether its audio was withdrawn because its CMS took it back: then it may come back as it went."""
    looked_at: Mapped[datetime]


class LookRow(Base):
    """An article that is to be looked at, at once or later: a webhook told of it, or it is to be published then."""

    __tablename__ = "looks"
    source: Mapped[str] = mapped_column(String(128), primary_key=True)
    article_id: Mapped[str] = mapped_column(String(128), primary_key=True)
    due_at: Mapped[float] = mapped_column(Float)
    """Seconds since the epoch, by the database's clock."""
    told: Mapped[dict[str, Any] | None] = mapped_column(OwnJson)
    """A dumped `briefing.following.hooks.Told`, for sources that cannot be asked."""
    asked: Mapped[int] = mapped_column(default=0)
    """Rises with each time it is asked for: what was asked for while it was looked at is looked at once more."""


class DeliveryRow(Base):
    """A webhook that was accepted, so that it is not once more. `id` is a hash of what it is known by."""

    __tablename__ = "deliveries"
    __table_args__ = (Index("deliveries_by_moment", "received_at"),)
    source: Mapped[str] = mapped_column(String(128), primary_key=True)
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    received_at: Mapped[datetime]
