"""What is counted of listeners."""

from __future__ import annotations

from pydantic import Field

from briefing.settings.base import Settings, config

#: Feeds name `/listen/…`, which counts and redirects.
REDIRECT = "redirect"


class AudienceSettings(Settings):
    """What is counted of listeners."""

    model_config = config("BRIEFCAST_AUDIENCE_")

    plays: bool = True
    """Whether audio JSON asks players to report what is heard."""
    word_reports: bool = True
    """Whether audio JSON asks players to let listeners report a word that was said wrongly."""
    word_reports_a_minute: int = Field(default=10, ge=1)
    """Words that one address may report, at one API process."""
    enclosures: str = Field(default="", pattern=r"^$|^redirect$|^https?://[^\s]+/$")
    """How podcast apps are counted: empty not at all, `redirect` by an address of ours, or a measurement service's
    prefix such as `https://prefix.example/redirect/`."""
    bots: str = ""
    """A file of further user agents that are no listeners, one regular expression a line."""
    reports_a_minute: int = Field(default=600, ge=1)
    """Events of players, and reports without any, taken from one address, at one API process."""
    requests_a_minute: int = Field(default=120, ge=1)
    """Requests for MP3s that are counted as downloads from one address, at one API process; all are answered."""
