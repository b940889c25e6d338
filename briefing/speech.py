"""What is to be spoken and by whom: the cast a revision pins, chunks, their pronunciations, and the keys of takes.

Frozen values like those of `briefing.values`; speaks nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import (
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)

from briefing.hashing import stable_hash
from briefing.script import Role
from briefing.values import ScriptWarning, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from briefing.script import Segment

#: Code of the warning that another voice speaks than was asked for.
VOICE_FALLBACK = "voice_fallback"


class Casting(Value):
    """Which voice is asked to speak each part of a briefing: catalogue IDs. None: the body's voice."""

    body: str
    headline: str | None = None
    quotes: str | None = None
    transitions: str | None = None

    @field_validator("headline", "quotes", "transitions")
    @classmethod
    def _another(cls, voice: str | None, info: ValidationInfo) -> str | None:
        """Write the body's voice as None, so that equal castings compare equal."""
        return None if voice == info.data.get("body") else voice

    @property
    def others(self) -> dict[str, str]:
        """The voices beside the body's, by part."""
        return self.model_dump(exclude={"body"}, exclude_none=True)

    @property
    def voices(self) -> tuple[str, ...]:
        """All voices, each once, the body's first."""
        return tuple(dict.fromkeys([self.body, *self.others.values()]))

    def after(self, fallbacks: Iterable[Fallback]) -> Casting:
        """Return the casting in which the fallbacks have taken over all parts of the voices they stand in for."""
        found = tuple(fallbacks)
        parts = {part: spoken_by(voice, found) for part, voice in {"body": self.body, **self.others}.items()}
        return Casting.model_validate(parts)


class Fallback(Value):
    """A voice that could not speak a revision, and the one that speaks all of its parts instead."""

    voice: str
    by: str
    code: str
    """Error code of what befell it."""
    reason: str

    @property
    def warning(self) -> ScriptWarning:
        """What editors are told."""
        message = f"{self.by!r} speaks what {self.voice!r} was to speak ({self.code}: {self.reason})"
        return ScriptWarning(code=VOICE_FALLBACK, message=message)


def spoken_by(voice: str, fallbacks: Iterable[Fallback]) -> str:
    """Return who speaks what a voice was asked to, after the fallbacks, in their order."""
    for fallback in fallbacks:
        voice = fallback.by if voice == fallback.voice else voice
    return voice


#: Begins the names, in a stored cast, of voices that editors gave to single segments. Versions of before overrides skip
#: them, and show them as further parts.
OWN_VOICE = "+"


class Narrator(Value):
    """Who speaks a revision: voice, engine and model, pinned so that corrections sound the same."""

    voice: str
    engine: str
    engine_version: str
    model_digest: str
    """sha256 of the model's bytes; empty for engines without a model of their own."""
    language: str


class Cast(Value):
    """Who speaks each part of a revision."""

    body: Narrator
    headline: Narrator
    quotes: Narrator
    """Quotations that stand alone."""
    transitions: Narrator
    """What leads from one article of a digest to the next."""
    own: tuple[tuple[str, Narrator], ...] = ()
    """Of segments that an editor gave another voice: the voice asked for, and who speaks in fact."""

    @model_validator(mode="before")
    @classmethod
    def _read(cls, found: Any) -> Any:  # noqa: ANN401  whatever is to be read
        if not isinstance(found, dict):
            return found
        own = [(name.removeprefix(OWN_VOICE), found[name]) for name in found if name.startswith(OWN_VOICE)]
        rest = {name: value for name, value in found.items() if not name.startswith(OWN_VOICE)}
        return {"own": own, **rest} if own else rest

    @model_serializer(mode="wrap")
    def _written(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        parts: dict[str, Any] = dump(self)
        own = parts.pop("own")
        return parts | {f"{OWN_VOICE}{voice}": narrator for voice, narrator in own}

    @property
    def narrators(self) -> tuple[Narrator, ...]:
        """All of them, each once, the body's first."""
        own = [narrator for _, narrator in self.own]
        return tuple(dict.fromkeys([self.body, self.headline, self.quotes, self.transitions, *own]))

    def narrator_of(self, segment: Segment) -> Narrator:
        """Return who speaks a segment: the voice an editor gave it, else that of its role."""
        return dict(self.own).get(segment.voice or "") or self.speaker_of(segment.role)

    def speaker_of(self, role: Role) -> Narrator:
        """Return who speaks the segments of that role."""
        match role:
            case Role.HEADLINE:
                return self.headline
            case Role.QUOTE:
                return self.quotes
            case Role.TRANSITION:
                return self.transitions
            case _:
                return self.body


class Pronunciation(Value):
    """How a stretch of a chunk's spoken text sounds."""

    start: int
    end: int
    """Spoken text, [start, end)."""
    ipa: str


class Chunk(Value):
    """The part of a segment that the engine takes at once, and the key its take is stored under."""

    key: str
    segment: str
    spoken: str
    pronunciations: tuple[Pronunciation, ...] = ()
    """In order; none for engines that take no phonemes."""
    voice: str = ""
    """Catalogue ID of who speaks it; empty in steps recorded before chunks knew: the revision's voice."""
    variation: int = 0
    """How often an editor asked for another reading of it."""

    @property
    def characters(self) -> int:
        """Length of the spoken text in code points."""
        return len(self.spoken)


def chunk_key(spoken: str, narrator: Narrator, variation: int = 0, pronunciations: Sequence[Pronunciation] = ()) -> str:
    """Return the key of a take: equal text from an equal narrator is spoken once.

    `variation` counts how often an editor asked for another reading of the same text. Text without pronunciations has
    the key it had before there were any. The recipe's number rises whenever `worker.speak`, `worker.sound.edges` or
    `worker.sound.level` keeps other sound than before, or one programme would mix both.
    """
    marks = [[mark.model_dump(mode="json") for mark in pronunciations]] if pronunciations else []
    return stable_hash("chunk/4", spoken, narrator.model_dump(mode="json"), variation, *marks)
