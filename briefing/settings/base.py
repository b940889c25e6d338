"""What all settings have in common: read from the environment, faults told by the name of their variable.

A secret may also stand in a file, which its variable with `_FILE` behind it names: containers hand secrets over so, and
an environment is seen by whoever may list processes.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from briefing.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

#: For `Field(json_schema_extra=…)` of what may also stand in a file and is never shown.
SECRET: dict[str, Any] = {"secret": True}


def config(prefix: str) -> SettingsConfigDict:
    """Return how a class of settings is read: variables that begin with `prefix`, and `.env`."""
    return SettingsConfigDict(env_prefix=prefix, env_file=".env", extra="ignore", frozen=True)


#: What settings are called that open something, and what addresses look like that do.
_OPENS = re.compile(r"key|token|secret|password|credential")
_WITH_PASSWORD = re.compile(
    r"://[^/\s]*@|[?&][\w.-]*(?:key|token|secret|signature|password|sig|credential)=", re.IGNORECASE
)


class _SecretFiles(PydanticBaseSettingsSource):
    """Secrets from the files that `…_FILE` names."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return a secret's text without white space around it, None for what has no file. Raises Misconfigured."""
        variable = f"{self.config['env_prefix']}{field_name}_FILE".upper()
        path = os.environ.get(variable)
        if field.json_schema_extra != SECRET or not path:
            return None, field_name, False
        try:
            return Path(path).read_text("utf-8").strip(), field_name, False
        except (OSError, UnicodeDecodeError) as error:
            message = f"{variable}: {path} cannot be read"
            raise Misconfigured(message, hint="Name a file that the user Briefcast runs as may read.") from error

    def __call__(self) -> dict[str, Any]:
        """Return all that are there."""
        found = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in found.items() if value is not None}


class Settings(BaseSettings):
    """Base of all settings: a value that cannot be is reported by its variable's name, never by itself."""

    def __init__(self, **given: Any) -> None:  # noqa: ANN401  the fields' own types
        """Read the environment, but for what is `given`. Raises Misconfigured."""
        try:
            super().__init__(**given)
        except UnicodeDecodeError as error:
            message = "the file .env is not UTF-8"
            raise Misconfigured(message) from error
        except ValidationError as error:
            prefix = str(self.model_config["env_prefix"])
            faults = "; ".join(
                f"{prefix}{fault['loc'][0]}".upper() + f": {fault['msg']}" if fault["loc"] else fault["msg"]
                for fault in error.errors()
            )
            # Without its cause, which quotes the value.
            raise Misconfigured(faults, hint="Correct the environment or the file .env.") from None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Look for secrets in files after the environment and before `.env`."""
        del file_secret_settings
        return init_settings, env_settings, _SecretFiles(settings_cls), dotenv_settings

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Show no secret wherever settings come to be printed, in a trace for example."""
        for name, value in super().__repr_args__():
            hidden = value and (_OPENS.search(name or "") or (isinstance(value, str) and _WITH_PASSWORD.search(value)))
            yield name, "***" if hidden else value
