"""Casting -> Cast: which narrators speak a revision on this machine, and who stands in for a voice that cannot.

A voice that fails gives all its parts to its fallback in the catalogue, and only where the show allows; it never gets
them back in the same revision, so a chain of fallbacks ends. Speaks nothing and records nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefing.errors import BriefcastError, EngineNotInstalled, EngineUnavailable, TakeRejected
from briefing.speech import Cast, Fallback, spoken_by
from briefing.steps import WORKER_LOST

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from briefing.speech import Casting, Narrator
    from voices.catalogue import Catalogue
    from voices.engine import Capabilities
    from worker.takes.speakers import Speakers

#: Codes of what befalls a step whose engine hangs, crashes or raises what it should not.
_ENGINE_BROKEN = frozenset({BriefcastError.code, WORKER_LOST})


@dataclass(frozen=True)
class Engaged:
    """A cast that is there, and how it came about."""

    cast: Cast
    engines: dict[str, Capabilities]
    """By voice."""
    fallbacks: tuple[Fallback, ...]

    @property
    def online(self) -> dict[str, str]:
        """The voices whose text leaves this machine, and their engines."""
        return {
            narrator.voice: narrator.engine for narrator in self.cast.narrators if self.engines[narrator.voice].online
        }


def engage(
    casting: Casting,
    speakers: Speakers,
    fallbacks: Sequence[Fallback],
    *,
    allowed: bool,
    own: Iterable[str] = (),
    transitions: bool = False,
) -> Engaged:
    """Return the cast for `casting` after `fallbacks`, with further ones for engines that are not installed. `own` are
    the voices that editors gave to single segments; `transitions` tells whether the script has any.

    Raises UnknownReference, and EngineNotInstalled where nobody may stand in.
    """
    engaged: dict[str, Narrator] = {}
    fallbacks = list(fallbacks)
    if not transitions:
        # Nobody need be there to say them.
        casting = casting.model_copy(update={"transitions": None})
    own = sorted(set(own))

    def wanted() -> tuple[str, ...]:
        mine = [spoken_by(voice, fallbacks) for voice in own]
        return tuple(dict.fromkeys([*casting.after(fallbacks).voices, *mine]))

    while missing := [voice for voice in wanted() if voice not in engaged]:
        try:
            engaged[missing[0]] = speakers.narrator(missing[0])
        except EngineNotInstalled as error:
            fallback = stand_in(missing[0], error, fallbacks, speakers.catalogue, allowed=allowed)
            if fallback is None:
                raise
            fallbacks.append(fallback)
    final = casting.after(fallbacks)
    body = engaged[final.body]
    others = {part: engaged[voice] for part, voice in final.others.items()}
    cast = Cast(
        **{"headline": body, "quotes": body, "transitions": body, **others},
        body=body,
        own=tuple((voice, engaged[spoken_by(voice, fallbacks)]) for voice in own),
    )
    engines = {voice: speakers.get(voice).engine.capabilities for voice in wanted()}
    return Engaged(cast, engines, tuple(fallbacks))


def stand_in(
    voice: str, error: BriefcastError, fallbacks: Sequence[Fallback], catalogue: Catalogue, *, allowed: bool
) -> Fallback | None:
    """Return who takes over from a voice that met `error`, after those that failed already; None for nobody."""
    if not allowed or not _is_the_voice_s(error) or voice not in catalogue:
        return None
    failed = {voice, *(fallback.voice for fallback in fallbacks)}
    found = catalogue.fallback_of(voice, failed)
    return Fallback(voice=voice, by=found.id, code=error.code, reason=error.message) if found else None


def _is_the_voice_s(error: BriefcastError) -> bool:
    """Tell whether another voice may do better: not for a full disk, say."""
    return isinstance(error, TakeRejected | EngineUnavailable) or error.code in _ENGINE_BROKEN
