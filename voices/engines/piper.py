"""Piper: neural speech on this machine, by onnxruntime and espeak-ng.

One model per voice and process, one thread per call: parallel speech comes from parallel calls, which costs less
CPU and less time than one call on several threads (docs/decisions.md). Levels are left as the model gives them;
Piper's own per-sentence peak normalisation would make neighbouring sentences uneven. The same sentence in the same
reading sounds the same, wherever it stands.
"""

from __future__ import annotations

import hashlib
import re
import threading
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from voices.alignment import match_words
from voices.engine import AudioChunk, Capabilities
from voices.errors import EngineFailed, EngineMissing
from voices.pauses import paused
from voices.phonemes import fold
from voices.piper_model import DAMAGED, PiperModel, Reading
from voices.standins import said_by_stand_ins
from voices.words import own_phonemes, share_out, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from voices.alignment import Group
    from voices.catalogue import Voice
    from voices.engine import Pronunciation, Word

#: Silence added between two sentences of one text; with the model's own edges it makes about 0.3 s.
_SENTENCE_GAP_MS = 120

#: Letters said one by one, with a plural or possessive ending where there is one.
_SPELLED = re.compile(r"\b(?P<letters>[A-Z](?: [A-Z])+)(?P<ending>['’]?s)?(?![\w'’])")

#: Counts the ways in which we have had Piper speak; part of the version, as each makes other sound.
_WORDING = 5

#: Piper reads [[…]] as phonemes; no text, an article's or ours, may get there. Pronunciations go another way.
_MARKUP = re.compile(r"\[{2,}|\]{2,}")

#: How variation 0, 1, 2, … is read; those beyond the last begin again with the second, and each has noise of its own.
#: Steadier ones first: what makes a model stumble is mostly noise in its rhythm.
_READINGS = (
    Reading(),
    Reading(pace=1.04, noise=0.85, rhythm=0.7),
    Reading(pace=0.97, noise=1.05, rhythm=1.1),
    Reading(pace=1.08, noise=0.7, rhythm=0.4),
)

#: espeak's language is one setting for the whole process: two voices at once would read each other's language.
_PHONEMIZING = threading.Lock()


class PiperEngine:
    """Speaks with any Piper voice whose phonemes come from espeak-ng."""

    capabilities = Capabilities(text_limit=1000, online=False, word_timings=True, phoneme_input=True, variations=True)

    def __init__(self, threads: int = 1) -> None:
        """Use `threads` onnxruntime threads per call."""
        self._threads = threads
        self._models: dict[str, PiperModel] = {}
        self._digests: dict[Path, str] = {}
        self._lock = threading.Lock()

    @property
    def version(self) -> str:
        """Version of the piper-tts package, and of the way in which we have it speak."""
        return f"{version('piper-tts')}/{_WORDING}"

    def model_digest(self, voice: Voice) -> str:
        """Return the sha256 over the model and its configuration, as shipped. Raises EngineMissing."""
        model = _model_path(voice)
        with self._lock:
            if model not in self._digests:
                digest = hashlib.sha256()
                for path in (model, _config_path(model)):
                    digest.update(path.read_bytes())
                self._digests[model] = digest.hexdigest()
            return self._digests[model]

    def synthesize(
        self, text: str, voice: Voice, pronunciations: Sequence[Pronunciation] = (), variation: int = 0
    ) -> Iterator[AudioChunk]:
        """Yield one chunk per sentence, with the gap between sentences at its end."""
        model = self._model(voice)
        rate = model.config.sample_rate
        sentences, own = self._phonemes(model, text, pronunciations)
        if not sentences:
            message = f"Piper has no phonemes for {text[:60]!r}"
            raise EngineFailed(message, hint="Check that the voice's language is that of the text.")
        spans = words_of(text)
        groups = _by_sentence(match_words(own, [mark for sentence in sentences for mark in sentence]), sentences)
        for number, sentence in enumerate(sentences):
            spoken = model.speak(sentence, _reading(variation), _seed(sentence, variation))
            gap_ms = 0 if number == len(sentences) - 1 else _SENTENCE_GAP_MS
            samples = np.pad(np.clip(spoken.samples, -1.0, 1.0), (0, gap_ms * rate // 1000))
            yield AudioChunk(samples, rate, _timed(groups[number], sentence, spans, spoken.starts))

    def _phonemes(
        self, model: PiperModel, text: str, pronunciations: Sequence[Pronunciation]
    ) -> tuple[list[list[str]], list[list[str]]]:
        """Return the code points that the model is given, by sentence; and those of each word, said alone."""
        known, language = model.config.phoneme_id_map, model.config.espeak_voice
        sounds = [(mark, fold(mark.ipa, known, language)) for mark in pronunciations]
        sounds = [(mark, sound) for mark, sound in sounds if sound]
        with _PHONEMIZING:
            said = said_by_stand_ins(text, sounds, model.phonemize, _speakable)
            if said is None:
                said, sounds = model.phonemize(_speakable(text)), []
            return said, own_phonemes(text, sounds, lambda word: model.alone(_speakable(word)))

    def _model(self, voice: Voice) -> PiperModel:
        with self._lock:
            if voice.id not in self._models:
                self._models[voice.id] = self._loaded(voice)
            return self._models[voice.id]

    def _loaded(self, voice: Voice) -> PiperModel:
        path = _model_path(voice)
        try:
            return PiperModel(path, _config_path(path), self._threads)
        except DAMAGED as error:
            message = f"the model of voice {voice.id!r} at {path} is damaged: {str(error)[:200]}"
            raise EngineMissing(message, hint="Put the voice's .onnx and .onnx.json files there anew.") from error


def _reading(variation: int) -> Reading:
    return _READINGS[(variation - 1) % (len(_READINGS) - 1) + 1 if variation else 0]


def _seed(sentence: Sequence[str], variation: int) -> int:
    """Return a number that is another for every sentence and variation, and the same tomorrow."""
    return int.from_bytes(hashlib.sha256(f"{variation} {''.join(sentence)}".encode()).digest()[:8], "big")


def _by_sentence(groups: Sequence[Group], sentences: Sequence[Sequence[str]]) -> list[list[Group]]:
    """Return the words that each sentence says, their phonemes counted from its beginning.

    A word that two sentences say, as "U.S" may be, belongs to the one that says more of it.
    """
    said: list[list[Group]] = [[] for _ in sentences]
    ends = np.cumsum([0, *(len(sentence) for sentence in sentences)])
    for group in groups:
        shares = np.minimum(ends[1:], group.last) - np.maximum(ends[:-1], group.first)
        most = int(np.argmax(shares))
        first = max(group.first - int(ends[most]), 0)
        said[most].append(group._replace(first=first, last=first + int(shares[most])))
    return said


def _timed(
    groups: Sequence[Group], sentence: Sequence[str], spans: Sequence[tuple[int, int]], starts: Sequence[int]
) -> tuple[Word, ...]:
    """Return the words of a sentence; none where the model does not tell when its phonemes begin.

    Where no pause parts two words, the model's break between them lies in running speech: each gets half of it.
    """
    if not starts:
        return ()
    words: list[Word] = []
    first = starts[groups[0].first] if groups else 0
    for number, group in enumerate(groups):
        last = begin = starts[group.last]
        if number + 1 < len(groups):
            begin = starts[groups[number + 1].first]
            if all(mark == " " for mark in sentence[group.last : groups[number + 1].first]):
                last = begin = (last + begin) // 2
        words += share_out(spans[group.words.start : group.words.stop], first, last)
        first = begin
    return tuple(words)


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
    """Return `text` without Piper's phoneme markup, which only we may write, with letters it will spell and
    signs at which it pauses.
    """
    text = paused(_MARKUP.sub(lambda match: match.group()[0], text))
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
