"""Text -> the phonemes that Kokoro is given, by espeak-ng as kokoro-onnx brings it along.

Kokoro learnt misaki's alphabet and knows espeak's as well, which is what kokoro-onnx gives it; ours is espeak's, so
that pronunciations are folded as they are for Piper (docs/decisions.md). Speaks nothing.
"""

from __future__ import annotations

import re
import threading
from functools import lru_cache
from typing import TYPE_CHECKING

import kokoro_onnx.tokenizer
from phonemizer.backend import EspeakBackend

from voices.errors import EngineMissing
from voices.phonemes import fold
from voices.standins import said_by_stand_ins
from voices.words import own_phonemes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voices.engine import Pronunciation

#: Letters said one by one, with a plural or possessive ending where there is one.
_SPELLED = re.compile(r"\b(?P<letters>[A-Z](?: [A-Z])+)(?P<ending>['’]?s)?(?![\w'’])")

#: Brackets could be read as phoneme markup by espeak, and say nothing; a spaced dash is the pause that "—" is.
_BRACKETS = re.compile(r"[\[\]{}<>|]")
_DASH = re.compile(r"(?<=\s)[–-](?=\s)")

#: espeak keeps its language for the whole process, and phonemizer its list of open libraries.
_PHONEMIZING = threading.Lock()

_LANGUAGES = {"en": "en-us", "en-us": "en-us", "en-gb": "en-gb"}

#: Words come again and again; said alone, a word always sounds the same.
_WORDS_KEPT = 20_000


class Phonemes:
    """English phonemes out of those that a model has numbers for (`known`)."""

    def __init__(self, known: Sequence[str]) -> None:
        # Tells phonemizer where kokoro-onnx's own espeak-ng and its data are.
        kokoro_onnx.tokenizer.Tokenizer()
        self._known = frozenset(known)
        self._espeak: dict[str, EspeakBackend] = {}
        self._alone = lru_cache(_WORDS_KEPT)(self._of)

    def said(
        self, text: str, language: str, pronunciations: Sequence[Pronunciation] = ()
    ) -> tuple[str, list[list[str]]]:
        """Return the phonemes of `text`, one code point each; and those of each of its words, said alone.

        Raises EngineMissing for a language that is not English.
        """
        sounds = [(mark, fold(mark.ipa, self._known, language)) for mark in pronunciations]
        sounds = [(mark, sound) for mark, sound in sounds if sound]
        with _PHONEMIZING:
            found = said_by_stand_ins(text, sounds, lambda said: [list(self._of(said, language))], worded)
            if found is None:
                found, sounds = [list(self._of(worded(text), language))], []
            own = own_phonemes(text, sounds, lambda word: self._alone(worded(word), language))
        return "".join("".join(sentence) for sentence in found).strip(), own

    def _of(self, text: str, language: str) -> str:
        parts = self._backend(language).phonemize([text]) if text.strip() else []
        said = "".join(mark if mark in self._known else " " * mark.isspace() for mark in "".join(parts))
        return " ".join(said.split())

    def _backend(self, language: str) -> EspeakBackend:
        voice = _LANGUAGES.get(language.lower())
        if voice is None:
            message = f"Kokoro's phonemes are made for English here, not for {language!r}"
            raise EngineMissing(message, hint="Set the voice's language to en-US or en-GB.")
        if voice not in self._espeak:
            # Its flags for foreign words would be spoken: "(fr)".
            self._espeak[voice] = EspeakBackend(
                voice, preserve_punctuation=True, with_stress=True, language_switch="remove-flags"
            )
        return self._espeak[voice]


def worded(text: str) -> str:
    """Return `text` as espeak reads it rightly: without markup, letters as letters."""
    return _SPELLED.sub(_spelled, _DASH.sub("—", _BRACKETS.sub(" ", text)))


def _spelled(match: re.Match[str]) -> str:
    """Write letters as espeak says them one by one: it reads a lone "A" as the article, and a point as a pause."""
    letters = ["eigh" if letter == "A" else letter for letter in match["letters"].split(" ")]
    return " ".join(letters) + ("'s" if match["ending"] else "")
