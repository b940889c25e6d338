"""Engines."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr

from briefing.settings.base import SECRET, Settings, config
from briefing.settings.place import DataSettings


class SpeechSettings(Settings):
    """Engines."""

    model_config = config("BRIEFCAST_")

    voice: str = "joe"
    """Voice of a show that names none, and of `briefcast narrate`."""
    voices: str = ""
    """A file with further voices, in the form of voices/catalogue.toml."""
    gtts_endpoint: str = "https://translate.google.com"
    """Where the gtts engine sends text; another address only for a stand-in."""
    gtts_ca_file: str = ""
    """Certificate file to trust instead of the system's, for a stand-in with its own authority."""
    gtts_per_second: float = Field(default=1.0, gt=0)
    """Requests a second sent to Google by all workers together."""
    kokoro_folder: str = ""
    """Folder of Kokoro's model and voices; empty means `voices/kokoro` in the data folder."""
    openai_address: str = ""
    """Address of a server with `/audio/speech` below it, such as `http://10.0.0.5:8880/v1`."""
    openai_key: SecretStr = Field(default=SecretStr(""), json_schema_extra=SECRET)
    """Key sent to that server, and nowhere else."""
    openai_model: str = "tts-1"
    """Model asked for, unless the voice names one."""
    openai_form: str = Field(default="wav", pattern="^(wav|flac|mp3|pcm)$")
    """Form of sound asked for."""
    openai_seconds: float = Field(default=60.0, gt=0, le=120)
    """Seconds for one answer in all."""
    openai_requests: int = Field(default=4, ge=1, le=64)
    """Requests at a time and process."""
    openai_per_second: float = Field(default=0.0, ge=0)
    """Requests a second sent to that server by all workers together; 0 for no bound."""
    openai_ca_file: str = ""
    """Certificate file to trust instead of the system's, for a server with an authority of its own."""

    @property
    def kokoro_home(self) -> Path:
        """`kokoro_folder` with the default filled in."""
        return Path(self.kokoro_folder) if self.kokoro_folder else DataSettings().data / "voices" / "kokoro"
