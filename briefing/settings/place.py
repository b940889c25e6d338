"""Where things are kept, how the world reaches us, what is logged."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, field_validator

from briefing.settings.addresses import check_database
from briefing.settings.base import SECRET, Settings, config


class DataSettings(Settings):
    """Where things are kept."""

    model_config = config("BRIEFCAST_")

    data: Path = Path("var")
    """Folder for the database, takes and published files."""
    database_url: str = Field(default="", repr=False, json_schema_extra=SECRET)
    """Address of the database, `postgresql://…` or `sqlite:///…`; empty means `briefcast.db` in the data folder."""
    database_connections: int = Field(default=15, ge=2)
    """Connections to the database that one process opens at most."""
    disk_floor_mb: int = Field(default=200, ge=0)
    """`/readyz` fails when less than this many megabytes are free."""

    @field_validator("database_url")
    @classmethod
    def _can_be_read(cls, address: str) -> str:
        check_database(address)
        return address

    @property
    def database_address(self) -> str:
        """The database's address with the default filled in."""
        return self.database_url or f"sqlite:///{(self.data / 'briefcast.db').resolve()}"

    @property
    def imported(self) -> Path:
        """Folder with what was taken over from other hosts, by show."""
        return self.data / "imported"

    @property
    def named(self) -> Path:
        """Folder with copies of what shows name by path, which a restored backup brought along."""
        return self.data / "named"


class PublicSettings(Settings):
    """How the outside world reaches us."""

    model_config = config("BRIEFCAST_")

    public_url: str = "http://127.0.0.1:8000"
    """Address that feeds and players use, without a trailing slash."""
    trusted_proxies: str = ""
    """Addresses or networks of our own proxies, separated by commas; only from them is X-Forwarded-For believed."""
    purge_command: str = ""
    """Program that purges caches of the addresses on its standard input, one a line; only with one are MP3s immutable
    to caches for a year, and else for an hour."""
    accel: str = Field(default="", pattern=r"^$|^/[A-Za-z0-9_/-]+/$")
    """Where nginx before us finds the public folder for X-Accel-Redirect, such as `/accel/`; empty to send MP3s
    ourselves."""
    embed_sites: str = "*"
    """Sites that may frame `/embed/…`, as a CSP frame-ancestors list."""
    websub_hubs: str = Field(default="", pattern=r"^$|^https?://\S+( +https?://\S+)*$")
    """Addresses of WebSub hubs that are told of every change of a feed, separated by spaces."""


class MetricsSettings(Settings):
    """Who may read the measures."""

    model_config = config("BRIEFCAST_")

    metrics_token: str = Field(default="", repr=False)
    """Bearer token that `/metrics` asks for; without one it answers this machine alone."""


class LogSettings(Settings):
    """What is logged."""

    model_config = config("BRIEFCAST_")

    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
    """Least severity that is logged."""
