"""Where Kokoro's files lie and what they must be. Light; loads no model.

The folder holds a model and a file of style vectors, both named by their content, and a record that names them. The
record is replaced last, so that a reader finds the old pair or the new one, never half of each.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from voices.errors import EngineMissing

if TYPE_CHECKING:
    from pathlib import Path

RECORD = "installed.json"

INSTALL = "briefcast voices install kokoro"

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Installed:
    """What an installation wrote."""

    model: str
    """Name of the model's file, in the folder of the record."""
    model_sha256: str
    voices: str
    """Name of the file of style vectors, an npz."""
    voices_sha256: str
    precision: str
    """"fp32" or "int8"."""
    made_from: str
    """What was fetched and how it was treated; equal for equal files."""

    def to_json(self) -> bytes:
        """Return the record's bytes."""
        return json.dumps(asdict(self), indent=2).encode()


def installed(folder: Path) -> Installed:
    """Return what is installed in `folder`. Raises EngineMissing."""
    try:
        record = Installed(**json.loads((folder / RECORD).read_text(encoding="utf-8")))
    except OSError as error:
        message = f"Kokoro's model is not installed in {folder}"
        raise EngineMissing(message, hint=INSTALL) from error
    except (ValueError, TypeError) as error:
        message = f"{folder / RECORD} does not hold together"
        raise EngineMissing(message, hint=INSTALL) from error
    for name in (record.model, record.voices):
        if not (folder / name).is_file():
            message = f"Kokoro's {name} is not in {folder}"
            raise EngineMissing(message, hint=INSTALL)
    return record


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
