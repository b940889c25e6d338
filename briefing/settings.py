"""Deployment settings: environment variables `BRIEFCAST_*` and an optional `.env` file.

One small class per concern. Shows, sources and wording are not here: they are rows (see newsroom.py).
`docs/operations.md` lists every variable; a test keeps that table true.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from briefing.errors import Misconfigured


def _config(prefix: str) -> SettingsConfigDict:
    return SettingsConfigDict(env_prefix=prefix, env_file=".env", extra="ignore", frozen=True)


class Settings(BaseSettings):
    """Base of all settings: a value that cannot be is reported by its variable's name."""

    def __init__(self, **given: Any) -> None:  # noqa: ANN401  the fields' own types
        """Read the environment, but for what is `given`. Raises Misconfigured."""
        try:
            super().__init__(**given)
        except UnicodeDecodeError as error:
            message = "the file .env is not UTF-8"
            raise Misconfigured(message) from error
        except ValidationError as error:
            prefix = str(self.model_config["env_prefix"])
            faults = "; ".join(f"{prefix}{fault['loc'][0]}".upper() + f": {fault['msg']}" for fault in error.errors())
            raise Misconfigured(faults, hint="Correct the environment or the file .env.") from error


class DataSettings(Settings):
    """Where things are kept."""

    model_config = _config("BRIEFCAST_")

    data: Path = Path("var")
    """Folder for the database, takes and published files."""
    database_url: str = ""
    """SQLAlchemy address of the database; empty means `briefcast.db` in the data folder."""
    disk_floor_mb: int = Field(default=200, ge=0)
    """`/readyz` fails when less than this many megabytes are free."""

    @property
    def database_address(self) -> str:
        """The database's address with the default filled in."""
        return self.database_url or f"sqlite:///{(self.data / 'briefcast.db').resolve()}"


class PublicSettings(Settings):
    """How the outside world reaches us."""

    model_config = _config("BRIEFCAST_")

    public_url: str = "http://127.0.0.1:8000"
    """Address that feeds and players use, without a trailing slash."""
    embed_sites: str = "*"
    """Sites that may frame `/embed/…`, as a CSP frame-ancestors list."""


class LogSettings(Settings):
    """What is logged."""

    model_config = _config("BRIEFCAST_")

    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
    """Least severity that is logged."""


class WorkSettings(Settings):
    """How steps are claimed, renewed and rung."""

    model_config = _config("BRIEFCAST_")

    workers: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1)
    """Worker processes of the embedded runner."""
    lease_s: float = Field(default=60.0, gt=0, le=3600)
    """Seconds a claim lasts unless renewed; a dead worker's step is free again after that."""
    tick_s: float = Field(default=5.0, gt=0, le=20)
    """Seconds between two rounds of the dispatcher."""
    ring_again_s: float = Field(default=60.0, gt=0, le=3600)
    """Seconds after which a ready step is rung again."""
    broker_url: str = Field(default="redis://127.0.0.1:6379/0", pattern=r"^(rediss?|redis\+socket|sentinel)://")
    """Celery's Redis; used by the dispatcher and the workers, never by the API."""


class FetchSettings(Settings):
    """Bounds on what is fetched from the web."""

    model_config = _config("BRIEFCAST_FETCH_")

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


class LimitSettings(Settings):
    """Bounds on one briefing."""

    model_config = _config("BRIEFCAST_LIMIT_")

    characters: int = Field(default=100_000, ge=1)
    """Spoken characters."""
    chunks: int = Field(default=500, ge=1)
    """Chunks, that is engine calls."""
    articles: int = Field(default=50, ge=1)
    """Articles."""


class SpeechSettings(Settings):
    """Engines."""

    model_config = _config("BRIEFCAST_")

    voice: str = "joe"
    """Voice of a show that names none, and of `briefcast narrate`."""
    voices: str = ""
    """A file with further voices, in the form of voices/catalogue.toml."""
    gtts_endpoint: str = "https://translate.google.com"
    """Where the gtts engine sends text; another address only for a stand-in."""
    gtts_ca_file: str = ""
    """Certificate file to trust instead of the system's, for a stand-in with its own authority."""
    gtts_per_second: float = Field(default=1.0, gt=0)
    """Requests a second and process sent to Google."""
    kokoro_folder: str = ""
    """Folder of Kokoro's model and voices; empty means `voices/kokoro` in the data folder."""
    openai_address: str = ""
    """Address of a server with `/audio/speech` below it, such as `http://10.0.0.5:8880/v1`."""
    openai_key: str = Field(default="", repr=False)
    """Key sent to that server, and nowhere else."""
    openai_model: str = "tts-1"
    """Model asked for, unless the voice names one."""
    openai_form: str = Field(default="wav", pattern="^(wav|flac|mp3|pcm)$")
    """Form of sound asked for."""
    openai_seconds: float = Field(default=60.0, gt=0, le=120)
    """Seconds for one answer in all."""
    openai_requests: int = Field(default=4, ge=1, le=64)
    """Requests at a time and process."""
    openai_ca_file: str = ""
    """Certificate file to trust instead of the system's, for a server with an authority of its own."""

    @property
    def kokoro_home(self) -> Path:
        """`kokoro_folder` with the default filled in."""
        return Path(self.kokoro_folder) if self.kokoro_folder else DataSettings().data / "voices" / "kokoro"


class SigningSettings(Settings):
    """How published audio is signed, and whose signatures are trusted."""

    model_config = _config("BRIEFCAST_")

    signing_certificate: str = ""
    """PEM file with the certificate that signs, then those between it and its root; empty signs with development
    credentials made in the data folder."""
    signing_key: str = ""
    """PEM file with the certificate's private key, without a password."""
    signing_command: str = ""
    """Program that signs in place of `signing_key`: bytes on its standard input, the signature on its output."""
    timestamp_url: str = ""
    """Address of an RFC 3161 time-stamping authority; empty for none."""
    trust_anchors: str = ""
    """PEM file with root certificates that `briefcast inspect` trusts beside this installation's own."""
