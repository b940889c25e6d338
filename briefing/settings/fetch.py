"""Bounds on what is fetched from the web."""

from __future__ import annotations

from pydantic import Field

from briefing.settings.base import Settings, config


class FetchSettings(Settings):
    """Bounds on what is fetched from the web."""

    model_config = config("BRIEFCAST_FETCH_")

    seconds: float = Field(default=30.0, gt=0)
    """Total time for one article, redirects included."""
    wire_mb: float = Field(default=5.0, gt=0)
    """Megabytes accepted as they arrive."""
    decoded_mb: float = Field(default=10.0, gt=0)
    """Megabytes accepted after decompression."""
    user_agent: str = Field(default="Briefcast (newsroom audio)", pattern=r"^[ -~]+$")
    """What we call ourselves."""
    allow_private: str = ""
    """"host:port" pairs on private networks that `briefcast narrate` may fetch from, separated by commas."""

    @property
    def private_hosts(self) -> frozenset[str]:
        """`allow_private` taken apart."""
        return frozenset(pair.strip() for pair in self.allow_private.split(",") if pair.strip())
