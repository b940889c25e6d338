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
    from collections.abc import Collection, Iterable, Iterator, Mapping

_SHIPPED = Path(__file__).with_name("catalogue.toml")

#: A voice that speaks more quietly than this is a slip of the pen.
_QUIETEST_LUFS = -60.0

_TEXT_FIELDS = ("id", "name", "language", "engine", "licence", "attribution")

_PACE_FIELDS = ("seconds_per_letter", "spread")
_HIGHEST_PACE = 10

_COST_FIELDS = ("price_per_million_characters", "cpu_per_second")
_HIGHEST_COST = 1_000_000

#: Language tag of a voice that speaks any.
_ANY_LANGUAGE = "mul"


@dataclass(frozen=True)
class Pace:
    """How fast a voice speaks, as measured: it says how long a take of a text may last."""

    seconds_per_letter: float = 0.065
    """Of running text; `worker.takes.judge` says what else takes time. A newsreader's, where nobody measured."""
    spread: float = 1.0
    """How far takes may stray from it: by a factor of at most 1 + spread either way. Wide where nobody measured."""


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
    fallback: str | None = None
    """Who speaks in its place where it cannot; a voice of the same language."""
    pace: Pace = Pace()
    price_per_million_characters: float = 0.0
    """Of a paid service, in the newsroom's currency."""
    cpu_per_second: float = 0.0
    """CPU seconds on this machine for a second of audio, as measured; 0 where nobody measured."""
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

    def fallback_of(self, voice_id: str, failed: Collection[str]) -> Voice | None:
        """Return who speaks in place of a voice: its fallback, or where that has failed too, the fallback's.

        None at the end of the chain. Raises UnknownVoice.
        """
        passed = {voice_id}
        name = self.get(voice_id).fallback
        while name is not None and name not in passed:
            if name not in failed:
                return self.get(name)
            passed.add(name)
            name = self.get(name).fallback
        return None


def load_catalogue(extra: Path | None = None) -> Catalogue:
    """Read the voices that ship and those in the TOML file `extra`, which may replace shipped ones.

    Raises CatalogueInvalid.
    """
    voices = _read(_SHIPPED)
    if extra is not None:
        voices += _read(extra)
    catalogue = Catalogue(voices)
    for voice in catalogue:
        _check_fallback(voice, catalogue)
    return catalogue


def _check_fallback(voice: Voice, catalogue: Catalogue) -> None:
    """Raise CatalogueInvalid for a fallback that is not there, or that would misread every word."""
    if voice.fallback is None:
        return
    if voice.fallback not in catalogue:
        message = f"voice {voice.id!r} falls back on {voice.fallback!r}, which is not in the catalogue"
        raise CatalogueInvalid(message)
    languages = {_primary(voice.language), _primary(catalogue.get(voice.fallback).language)} - {_ANY_LANGUAGE}
    if len(languages) > 1:
        message = f"voice {voice.id!r} falls back on {voice.fallback!r}, which speaks another language"
        raise CatalogueInvalid(message)


def _primary(language: str) -> str:
    return language.partition("-")[0].lower()


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
    fallback = table.get("fallback")
    if fallback is not None and not isinstance(fallback, str):
        message = f"{path}: the fallback of voice {table['id']!r} is no voice's ID"
        raise CatalogueInvalid(message)
    known = (*_TEXT_FIELDS, "fallback", "loudness_lufs", *_PACE_FIELDS, *_COST_FIELDS)
    return Voice(
        **{name: table[name] for name in _TEXT_FIELDS},
        fallback=fallback,
        pace=_pace(table, path),
        loudness_lufs=_loudness(table, path),
        price_per_million_characters=_cost(table, path, "price_per_million_characters"),
        cpu_per_second=_cost(table, path, "cpu_per_second"),
        parameters={key: value for key, value in table.items() if key not in known},
        folder=path.resolve().parent,
    )


def _pace(table: dict[str, Any], path: Path) -> Pace:
    given = {name: table[name] for name in _PACE_FIELDS if name in table}
    for name, value in given.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _HIGHEST_PACE:
            message = f"{path}: voice {table['id']!r} has no number above 0 and up to {_HIGHEST_PACE} as {name!r}"
            raise CatalogueInvalid(message)
    return Pace(**given)


def _cost(table: dict[str, Any], path: Path, name: str) -> float:
    value = table.get(name, 0.0)
    if type(value) not in {int, float} or not 0 <= value <= _HIGHEST_COST:
        message = f"{path}: voice {table['id']!r} has no number from 0 to {_HIGHEST_COST:,} as {name!r}"
        raise CatalogueInvalid(message)
    return float(value)


def _loudness(table: dict[str, Any], path: Path) -> float | None:
    loudness = table.get("loudness_lufs")
    if loudness is not None and not (type(loudness) in {int, float} and _QUIETEST_LUFS <= loudness <= 0):
        message = f"{path}: voice {table['id']!r} has a loudness_lufs of {loudness!r}; write LUFS, such as -22.5"
        raise CatalogueInvalid(message)
    return loudness
