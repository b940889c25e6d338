"""The jingles that editors uploaded."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from briefing.models.base import Base


class JingleRow(Base):
    """A jingle by name and part; see `briefing.podcasts.jingles.StoredJingle`. Its sound stays until another has been
    checked.
    """

    __tablename__ = "jingles"
    name: Mapped[str] = mapped_column(String(128), primary_key=True)
    part: Mapped[str] = mapped_column(String(16), primary_key=True)
    sha256: Mapped[str | None] = mapped_column(String(64))
    """Of the FLAC file that programmes use; none before the first upload has been checked."""
    seconds: Mapped[float | None]
    loudness_lufs: Mapped[float | None]
    """Of its loudest 3 s."""
    state: Mapped[str] = mapped_column(String(16))
    """Of the newest upload: pending, ready or failed."""
    upload: Mapped[str] = mapped_column(String(64))
    """sha256 of the newest upload's bytes."""
    step_id: Mapped[int | None] = mapped_column(ForeignKey("steps.id"))
    """The step that checks it; none for one added by the command line."""
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_message: Mapped[str | None] = mapped_column(String(500))
    changed_at: Mapped[datetime]
