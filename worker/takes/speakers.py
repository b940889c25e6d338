"""Finds the speaker for a voice, and turns what voices raise into the errors of our tree."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from briefing.errors import EngineNotInstalled, EngineUnavailable, Misconfigured, TakeRejected, UnknownReference
from briefing.hashing import stable_hash
from briefing.speech import Narrator
from voices.catalogue import Catalogue, load_catalogue
from voices.errors import (
    CatalogueInvalid,
    ChecksumMismatch,
    EngineBusy,
    EngineFailed,
    EngineMissing,
    InstallFailed,
    UnknownVoice,
)
from voices.registry import Engines
from worker.speak import Speaker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from briefing.hashing import Hashable
    from briefing.settings import SpeechSettings
    from briefing.speech import Chunk


#: Parameters of a voice that say which its model is.
_OF_THE_MODEL = frozenset({"model", "package"})


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
    except InstallFailed as error:
        code = "voice_checksum_mismatch" if isinstance(error, ChecksumMismatch) else "voice_install_failed"
        raise EngineNotInstalled(error.message, code=code, hint=error.hint or None) from error


class Speakers:
    """The voices and engines of this process."""

    def __init__(self, settings: SpeechSettings) -> None:
        with voice_errors():
            self.catalogue: Catalogue = load_catalogue(Path(settings.voices) if settings.voices else None)
        self.default_voice = settings.voice
        """Of a show that names none."""
        self._engines = Engines(
            {
                "gtts": {
                    "endpoint": settings.gtts_endpoint,
                    "ca_file": settings.gtts_ca_file,
                    "per_second": settings.gtts_per_second,
                },
                "kokoro": {"folder": settings.kokoro_home},
                "openai": {
                    "address": settings.openai_address,
                    "key": settings.openai_key.get_secret_value(),
                    "model": settings.openai_model,
                    "form": settings.openai_form,
                    "seconds": settings.openai_seconds,
                    "requests": settings.openai_requests,
                    "ca_file": settings.openai_ca_file,
                },
            }
        )

    def get(self, voice_id: str) -> Speaker:
        """Return the speaker for a voice. Raises UnknownReference or EngineUnavailable."""
        with voice_errors():
            voice = self.catalogue.get(voice_id)
            return Speaker(self._engines.get(voice.engine), voice)

    def credit(self, narrators: Iterable[Narrator]) -> str:
        """Return who speaks, in words: "Joe (piper), Amy (kokoro)". Raises UnknownReference."""
        with voice_errors():
            voices = [self.catalogue.get(narrator.voice) for narrator in narrators]
        return ", ".join(f"{voice.name} ({voice.engine})" for voice in voices)

    def names(self, chunks: Iterable[Chunk]) -> dict[str, str]:
        """Return the names of those who speak `chunks`, by voice ID. Raises UnknownReference."""
        with voice_errors():
            return {voice: self.catalogue.get(voice).name for voice in {chunk.voice for chunk in chunks} if voice}

    def narrator(self, voice_id: str) -> Narrator:
        """Return what a revision pins of a voice. Raises UnknownReference or EngineUnavailable."""
        speaker = self.get(voice_id)
        with voice_errors():
            digest, version = speaker.engine.model_digest(speaker.voice), speaker.engine.version
            return Narrator(
                voice=speaker.voice.id,
                engine=speaker.voice.engine,
                engine_version=_version(version, speaker.voice.parameters, digest),
                model_digest=digest,
                language=speaker.voice.language,
            )


def _version(engine: str, parameters: Mapping[str, Any], digest: str) -> str:
    """Return an engine's version with what a catalogue entry has it do: another entry of the same ID sounds otherwise.

    A model that only its name tells apart is a version of the engine, since nobody has its bytes; one that a digest
    tells needs no name.
    """
    named = parameters.get("model")
    asked = {name: _plain(value) for name, value in parameters.items() if name not in _OF_THE_MODEL}
    told = (str(named) if named and not digest else "", stable_hash("voice/1", asked)[:8] if asked else "")
    return " ".join([engine, *filter(None, told)])


def _plain(value: Any) -> Hashable:  # noqa: ANN401  whatever a catalogue holds
    """Return a parameter as what can be hashed."""
    return value if isinstance(value, bool | int | float | str) else repr(value)
