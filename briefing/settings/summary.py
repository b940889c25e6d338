"""Where summaries of stories for digests are written: nowhere until an address is set."""

from __future__ import annotations

from pydantic import Field, SecretStr, model_validator

from briefing.settings.base import SECRET, Settings, config


class SummarySettings(Settings):
    """The server that summarises stories for digests that want it."""

    model_config = config("BRIEFCAST_SUMMARY_")

    address: str = Field(default="", pattern=r"^$|^https?://[^\s?#@]+$")
    """Address of a server with `/chat/completions` below it, such as `http://10.0.0.5:8000/v1`; empty: none."""
    key: SecretStr = Field(default=SecretStr(""), json_schema_extra=SECRET)
    """Key sent to that server, and nowhere else."""
    model: str = Field(default="", max_length=128)
    """Model asked for; needed with the address."""
    seconds: float = Field(default=60.0, gt=0, le=120)
    """Seconds for one answer in all."""
    per_second: float = Field(default=1.0, gt=0)
    """Requests a second sent to that server by all workers together."""
    ahead_hours: float = Field(default=2.0, gt=0, le=24)
    """Hours before a digest is due from which on its stories are summarised, so that editors have time for them."""
    ca_file: str = ""
    """Certificate file to trust instead of the system's, for a server with an authority of its own."""

    @model_validator(mode="after")
    def _whole(self) -> SummarySettings:
        if self.address and not self.model:
            message = "BRIEFCAST_SUMMARY_ADDRESS needs BRIEFCAST_SUMMARY_MODEL"
            raise ValueError(message)
        return self

    @property
    def on(self) -> bool:
        """Whether there is a server."""
        return bool(self.address)
