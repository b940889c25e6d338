"""The keys by which secrets are sealed before the database keeps them."""

from __future__ import annotations

import base64
import binascii

from pydantic import Field, SecretStr, field_validator

from briefing.settings.base import SECRET, Settings, config

#: Bytes of a sealing key: AES-SIV takes two of 256 bits.
KEY_BYTES = 64


class SealingSettings(Settings):
    """The keys by which secrets are sealed before the database keeps them."""

    model_config = config("BRIEFCAST_")

    sealing_keys: SecretStr = Field(default=SecretStr(""), json_schema_extra=SECRET)
    """Keys in base64 with white space between them, the newest first; empty for those in the data folder."""

    @field_validator("sealing_keys")
    @classmethod
    def _are_keys(cls, given: SecretStr) -> SecretStr:
        read_keys(given.get_secret_value())
        return given


def read_keys(text: str) -> tuple[bytes, ...]:
    """Return the keys that a text has. Raises ValueError, which does not quote it."""
    found = []
    for number, word in enumerate(text.split(), 1):
        try:
            key = base64.b64decode(word, validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != KEY_BYTES:
            message = f"key {number} is not {KEY_BYTES} bytes in base64: `briefcast keys sealing --new` makes one"
            raise ValueError(message)
        found.append(key)
    return tuple(found)
