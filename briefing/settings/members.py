"""What only members hear, and how long its addresses hold."""

from __future__ import annotations

from pydantic import Field

from briefing.settings.base import Settings, config


class MembersSettings(Settings):
    """What only members hear, and how long its addresses hold."""

    model_config = config("BRIEFCAST_MEMBERS_")

    address_s: int = Field(default=21_600, ge=60, le=604_800)
    """Seconds for which an address holds that is signed for a page; the asker may want fewer."""
    feed_days: int = Field(default=90, ge=2, le=400)
    """Days for which addresses in a private feed hold at least; they are dead at once when the listener is revoked."""
    bucket_s: int = Field(default=300, ge=30, le=3600)
    """Seconds for which a private bucket's own address holds, which nobody can take back: players and apps come to
    us for another."""
    accel: str = Field(default="", pattern=r"^$|^/[A-Za-z0-9_/-]+/$")
    """Where nginx before us finds the members' folder for X-Accel-Redirect, such as `/accel-members/`; empty to send
    MP3s ourselves."""
