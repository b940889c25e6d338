"""Finds the speaker for a voice, and turns what voices raise into the errors of our tree."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from briefing.errors import EngineNotInstalled, EngineUnavailable, Misconfigured, TakeRejected, UnknownReference
from briefing.speech import Narrator
from voices.catalogue import Catalogue, load_catalogue
from voices.errors import CatalogueInvalid, EngineBusy, EngineFailed, EngineMissing, UnknownVoice
from voices.registry import Engines
from worker.speak import Speaker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from briefing.settings import SpeechSettings
    from briefing.speech import Chunk


@contextmanager
def voice_errors() -> Iterator[None]:
    """Re-raise errors of `voices` as UnknownReference, Misconfigured, EngineUnavailable or TakeRejected."""
    try:
        yield
    except UnknownVoice as error:
        raise UnknownReference(error.message, code="unknown_voice", hint=error.hint or None) from error
    except CatalogueInvalid as error:
        raise Misconfigured(error.message, hint=error.hint or None) from error
    except EngineMissing as error:
        raise EngineNotInstalled(error.message, hint=error.hint or None) from error
    except EngineBusy as error:
        raise EngineUnavailable(error.message, hint=error.hint, retry_after_s=error.retry_after_s) from error
    except EngineFailed as error:
        raise TakeRejected(error.message, hint=error.hint or None) from error


class Speakers:
    """The voices and engines of this process."""

    def __init__(self, settings: SpeechSettings) -> None:
        with voice_errors():
            self.catalogue: Catalogue = load_catalogue(Path(settings.voices) if settings.voices else None)
        self._engines = Engines(
            {
                "gtts": {
                    "endpoint": settings.gtts_endpoint,
                    "ca_file": settings.gtts_ca_file,
                    "per_second": settings.gtts_per_second,
                }
            }
        )

    def get(self, voice_id: str) -> Speaker:
        """Return the speaker for a voice. Raises UnknownReference or EngineUnavailable."""
        with voice_errors():
            voice = self.catalogue.get(voice_id)
            return Speaker(self._engines.get(voice.engine), voice)

    def names(self, chunks: Iterable[Chunk]) -> dict[str, str]:
        """Return the names of those who speak `chunks`, by voice ID. Raises UnknownReference."""
        with voice_errors():
            return {voice: self.catalogue.get(voice).name for voice in {chunk.voice for chunk in chunks} if voice}

    def narrator(self, voice_id: str) -> Narrator:
        """Return what a revision pins of a voice. Raises UnknownReference or EngineUnavailable."""
        speaker = self.get(voice_id)
        with voice_errors():
            return Narrator(
                voice=speaker.voice.id,
                engine=speaker.voice.engine,
                engine_version=speaker.engine.version,
                model_digest=speaker.engine.model_digest(speaker.voice),
                language=speaker.voice.language,
            )
