"""Piper: neural speech on this machine, by onnxruntime and espeak-ng.

One model per voice and process, one thread per call: parallel speech comes from parallel calls, which costs less
CPU and less time than one call on several threads (docs/decisions.md). Levels are left as the model gives them;
Piper's own per-sentence peak normalisation would make neighbouring sentences uneven.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime
from piper import PiperVoice, SynthesisConfig
from piper.config import PiperConfig

from voices.engine import AudioChunk, Capabilities
from voices.errors import EngineFailed, EngineMissing
from voices.phonemes import fold
from voices.standins import said_by_stand_ins

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from voices.catalogue import Voice
    from voices.engine import Pronunciation

#: Silence added between two sentences of one text; with the model's own edges it makes about 0.3 s.
_SENTENCE_GAP_MS = 120

#: Letters said one by one, with a plural or possessive ending where there is one.
_SPELLED = re.compile(r"\b(?P<letters>[A-Z](?: [A-Z])+)(?P<ending>['’]?s)?(?![\w'’])")

#: Counts the ways in which we have worded text for espeak; part of the version, as each makes other sound.
_WORDING = 3

#: Piper reads [[…]] as phonemes; no text, an article's or ours, may get there. Pronunciations go another way.
_MARKUP = re.compile(r"\[{2,}|\]{2,}")

_CONFIG = SynthesisConfig(normalize_audio=False)

#: espeak's language is one setting for the whole process: two voices at once would read each other's language.
_PHONEMIZING = threading.Lock()


class PiperEngine:
    """Speaks with any Piper voice whose phonemes come from espeak-ng."""

    capabilities = Capabilities(text_limit=1000, online=False, phoneme_input=True)

    def __init__(self, threads: int = 1) -> None:
        """Use `threads` onnxruntime threads per call."""
        self._threads = threads
        self._models: dict[str, PiperVoice] = {}
        self._digests: dict[Path, str] = {}
        self._lock = threading.Lock()

    @property
    def version(self) -> str:
        """Version of the piper-tts package, and of the way in which we word text for it."""
        return f"{version('piper-tts')}/{_WORDING}"

    def model_digest(self, voice: Voice) -> str:
        """Return the sha256 over the model and its configuration. Raises EngineMissing."""
        model = _model_path(voice)
        with self._lock:
            if model not in self._digests:
                digest = hashlib.sha256()
                for path in (model, _config_path(model)):
                    digest.update(path.read_bytes())
                self._digests[model] = digest.hexdigest()
            return self._digests[model]

    def synthesize(
        self,
        text: str,
        voice: Voice,
        pronunciations: Sequence[Pronunciation] = (),
        variation: int = 0,  # noqa: ARG002  every call is another reading
    ) -> Iterator[AudioChunk]:
        """Yield one chunk per sentence, with the gap between sentences at its end."""
        model = self._model(voice)
        rate = model.config.sample_rate
        sentences = self._phonemes(model, text, pronunciations)
        if not sentences:
            message = f"Piper has no phonemes for {text[:60]!r}"
            raise EngineFailed(message, hint="Check that the voice's language is that of the text.")
        for number, sentence in enumerate(sentences):
            samples = np.asarray(model.phoneme_ids_to_audio(model.phonemes_to_ids(sentence), _CONFIG), dtype=np.float32)
            gap_ms = 0 if number == len(sentences) - 1 else _SENTENCE_GAP_MS
            yield AudioChunk(np.pad(np.clip(samples, -1.0, 1.0), (0, gap_ms * rate // 1000)), rate)

    def _phonemes(self, model: PiperVoice, text: str, pronunciations: Sequence[Pronunciation]) -> list[list[str]]:
        """Return the code points that the model is given, by sentence."""
        known, language = model.config.phoneme_id_map, model.config.espeak_voice
        sounds = [(mark, fold(mark.ipa, known, language)) for mark in pronunciations]

        def phonemize(said: str) -> list[list[str]]:
            return [sentence for sentence in model.phonemize(said) if sentence]

        with _PHONEMIZING:
            said = said_by_stand_ins(text, [(mark, sound) for mark, sound in sounds if sound], phonemize, _speakable)
            return said if said is not None else phonemize(_speakable(text))

    def _model(self, voice: Voice) -> PiperVoice:
        with self._lock:
            if voice.id not in self._models:
                self._models[voice.id] = self._load(_model_path(voice))
            return self._models[voice.id]

    def _load(self, path: Path) -> PiperVoice:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(path), sess_options=options, providers=["CPUExecutionProvider"])
        config = PiperConfig.from_dict(json.loads(_config_path(path).read_text(encoding="utf-8")))
        return PiperVoice(session=session, config=config)


def _config_path(model: Path) -> Path:
    return model.with_name(model.name + ".json")


def _model_path(voice: Voice) -> Path:
    base = voice.folder
    if package := voice.parameters.get("package"):
        spec = find_spec(str(package))
        if spec is None or spec.origin is None:
            message = f"the model of voice {voice.id!r} is not installed"
            raise EngineMissing(message, hint=f"pip install {str(package).replace('_', '-')}")
        base = Path(spec.origin).parent
    path = (base / str(voice.parameters.get("model", ""))).resolve()
    if not (path.is_file() and _config_path(path).is_file()):
        message = f"the model of voice {voice.id!r} is not at {path}"
        raise EngineMissing(message, hint="Put the voice's .onnx and .onnx.json files there.")
    return path


def _speakable(text: str) -> str:
    """Return `text` without Piper's phoneme markup, which only we may write, and with letters it will spell."""
    text = _MARKUP.sub(lambda match: match.group()[0], text)
    return _SPELLED.sub(_spelled, text)


def _spelled(match: re.Match[str]) -> str:
    """Write letters as espeak says them one by one, and not as the end of a sentence.

    It reads a lone "A" as the article but "I.A.E.A" as four letters; a point behind the last of them would end the
    sentence before a capital ("U.S. Army") or a bracket, and an ending behind it would have the points said.
    """
    letters = match["letters"].split(" ")
    if not match["ending"]:
        return ".".join(letters)
    *first, last = ("eigh" if letter == "A" else letter for letter in letters)
    if len(letters) > 2:  # noqa: PLR2004  two letters of which one has an ending are said apart
        first = [".".join(letters[:-1])]
    return " ".join([*first, f"{last}'s"])
