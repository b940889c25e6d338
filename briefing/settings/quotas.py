"""What callers may ask for, where their key says nothing else."""

from __future__ import annotations

from pydantic import Field

from briefing.settings.base import Settings, config


class QuotaSettings(Settings):
    """What callers may ask for, where their key says nothing else; 0 is no bound."""

    model_config = config("BRIEFCAST_LIMIT_")

    requests_a_minute: int = Field(default=6000, ge=0)
    """Of one key, at one API process."""
    anonymous_a_minute: int = Field(default=600, ge=0)
    """Without a key, of one address, where a key is needed, at one API process."""
    failed_keys: int = Field(default=60, ge=0)
    """Bad keys of one address before it has to wait, at one API process."""
    characters_a_day: int = Field(default=10_000_000, ge=0)
    """To be spoken for one key in a day (UTC)."""
    briefings_a_day: int = Field(default=20_000, ge=0)
    """Asked for with one key in a day (UTC)."""
    bulk_open: int = Field(default=2000, ge=0)
    """Bulk briefings of one key being made at a time."""
    unconfirmed_articles: int = Field(default=100, ge=0)
    """Bulk articles that a key may ask for in a day (UTC) before it has to show that it knows the cost."""
