"""What all settings have in common: read from the environment, faults told by the name of their variable."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from briefing.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Iterator


def config(prefix: str) -> SettingsConfigDict:
    """Return how a class of settings is read: variables that begin with `prefix`, and `.env`."""
    return SettingsConfigDict(env_prefix=prefix, env_file=".env", extra="ignore", frozen=True)


#: What settings are called that open something, and what addresses look like that do.
_OPENS = re.compile(r"key|token|secret|password|credential")
_WITH_PASSWORD = re.compile(
    r"://[^/\s]*@|[?&][\w.-]*(?:key|token|secret|signature|password|sig|credential)=", re.IGNORECASE
)


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

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Show no secret wherever settings come to be printed, in a trace for example."""
        for name, value in super().__repr_args__():
            hidden = value and (_OPENS.search(name or "") or (isinstance(value, str) and _WITH_PASSWORD.search(value)))
            yield name, "***" if hidden else value
