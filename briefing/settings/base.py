"""What all settings have in common: read from the environment, faults told by the name of their variable."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from briefing.errors import Misconfigured


def config(prefix: str) -> SettingsConfigDict:
    """Return how a class of settings is read: variables that begin with `prefix`, and `.env`."""
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
