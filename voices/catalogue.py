"""Voices as data: which there are, in which language, by which engine, under which licence.

Light to import; loads no engine and checks no model file.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voices.errors import CatalogueInvalid, UnknownVoice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_SHIPPED = Path(__file__).with_name("catalogue.toml")

#: A voice that speaks more quietly than this is a slip of the pen.
_QUIETEST_LUFS = -60.0

_TEXT_FIELDS = ("id", "name", "language", "engine", "licence", "attribution")


@dataclass(frozen=True)
class Voice:
    """A catalogue entry."""

    id: str
    name: str
    language: str
    """BCP 47 tag."""
    engine: str
    licence: str
    """SPDX identifier, or the name of a service's terms."""
    attribution: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """The engine's own settings for this voice, such as where its model lies."""
    folder: Path = Path()
    """Folder of the catalogue file; relative paths in `parameters` start there."""
    loudness_lufs: float | None = None
    """How loud it speaks news, as dual mono (BS.1770), by `./run.sh bench loudness ID`; None where nobody measured."""


class Catalogue:
    """The voices of this installation, by ID."""

    def __init__(self, voices: Iterable[Voice]) -> None:
        self._voices = {voice.id: voice for voice in voices}

    def __iter__(self) -> Iterator[Voice]:
        return iter(self._voices.values())

    def __contains__(self, voice_id: object) -> bool:
        return voice_id in self._voices

    def get(self, voice_id: str) -> Voice:
        """Return the voice of that ID. Raises UnknownVoice."""
        try:
            return self._voices[voice_id]
        except KeyError:
            message = f"there is no voice {voice_id!r}"
            raise UnknownVoice(message, hint="List the voices with `briefcast voices`.") from None


def load_catalogue(extra: Path | None = None) -> Catalogue:
    """Read the voices that ship and those in the TOML file `extra`, which may replace shipped ones.

    Raises CatalogueInvalid.
    """
    voices = _read(_SHIPPED)
    if extra is not None:
        voices += _read(extra)
    return Catalogue(voices)


def _read(path: Path) -> list[Voice]:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8")).get("voices", [])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        message = f"{path} is not a voice catalogue: {error}"
        raise CatalogueInvalid(message) from error
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        message = f"{path}: write each voice as a [[voices]] table"
        raise CatalogueInvalid(message)
    return [_voice(table, path) for table in tables]


def _voice(table: dict[str, Any], path: Path) -> Voice:
    for name in _TEXT_FIELDS:
        if not isinstance(table.get(name), str) or not table[name]:
            message = f"{path}: voice {table.get('id', '?')!r} lacks the text {name!r}"
            raise CatalogueInvalid(message)
    loudness = table.get("loudness_lufs")
    if loudness is not None and not (type(loudness) in {int, float} and _QUIETEST_LUFS <= loudness <= 0):
        message = f"{path}: voice {table['id']!r} has a loudness_lufs of {loudness!r}; write LUFS, such as -22.5"
        raise CatalogueInvalid(message)
    parameters = {key: value for key, value in table.items() if key not in {*_TEXT_FIELDS, "loudness_lufs"}}
    return Voice(
        **{name: table[name] for name in _TEXT_FIELDS},
        loudness_lufs=loudness,
        parameters=parameters,
        folder=path.resolve().parent,
    )
