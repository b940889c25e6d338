"""English text and its sound -> when its words are said, by pocketsphinx's forced alignment.

Works on this machine, with the acoustic model and the dictionary that its wheel carries. Finds what is there: whether
the text was said at all, it does not tell.
"""

from __future__ import annotations

import re
import threading
from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from briefing.observing.logs import get_logger
from voices.engine import Word
from voices.words import own_phonemes, words_of
from worker.sound.resample import resampled
from worker.timing.sounds import sounds_of_ipa, sounds_of_letters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voices.engine import Pronunciation
    from worker.sound import Block

_RATE = 16_000
_FRAMES_PER_S = 100

#: Quieter or shorter than this there is nothing to find.
_SILENT = 10 ** (-60 / 20)
_SHORTEST_S = 0.2

#: A decoder that has been taught so many words begins anew, or a worker that runs for months would grow.
_MOST_WORDS = 5000

_PIECE = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d|[%&$€£]")
_INITIALISM = re.compile(r"[A-Z]{2,6}")

_log = get_logger("timing")


def aligned(
    text: str, samples: Block, rate: int, language: str, pronunciations: Sequence[Pronunciation] = ()
) -> list[Word]:
    """Return when the words of an English text are said; none in other languages, and where it cannot be found.

    Raises nothing: a take without good times is still a take.
    """
    if language.split("-", maxsplit=1)[0].lower() != "en" or not _installed():
        return []
    if len(samples) < _SHORTEST_S * rate or float(np.max(np.abs(samples))) < _SILENT:
        return []
    try:
        return _aligner().align(text, samples, rate, pronunciations)
    except Exception as error:  # noqa: BLE001  the library raises what it will, and the take is whole without it
        _log.warning("words not aligned", error=repr(error), text=text[:60])
        return []


class _Aligner:
    """One decoder, for one thread at a time: it costs 1 to 2 % of the time that the sound lasts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._decoder: Any = None
        self._taught = 0

    def align(self, text: str, samples: Block, rate: int, pronunciations: Sequence[Pronunciation]) -> list[Word]:
        spans = words_of(text)
        with self._lock:
            self._renew()
            pieces = self._pieces(text, spans, pronunciations)
            segments = self._segments([piece for _, piece in pieces], samples, rate)
        if len(segments) != len(pieces):
            return []
        times: dict[int, tuple[int, int]] = {}
        for (number, _), (first, last) in zip(pieces, segments, strict=True):
            begun, _ = times.get(number, (first, 0))
            times[number] = (begun, last)
        return [
            Word(*spans[number], first * rate // _FRAMES_PER_S, last * rate // _FRAMES_PER_S)
            for number, (first, last) in times.items()
        ]

    def _renew(self) -> None:
        if self._decoder is None or self._taught > _MOST_WORDS:
            # Here, since it takes 0.2 s and 30 MB that most workers never need.
            from pocketsphinx import Decoder  # noqa: PLC0415

            self._decoder, self._taught = Decoder(lm=None, bestpath=False, loglevel="FATAL"), 0

    def _segments(self, words: Sequence[str], samples: Block, rate: int) -> list[tuple[int, int]]:
        """Return the frames [first, last) of each word; fewer or none where the search failed."""
        if not words:
            return []
        sound = np.concatenate(list(resampled([samples], rate, _RATE)))
        self._decoder.set_align_text(" ".join(words))
        self._decoder.start_utt()
        self._decoder.process_raw((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes(), full_utt=True)
        self._decoder.end_utt()
        found = self._decoder.seg() or ()
        return [(part.start_frame, part.end_frame + 1) for part in found if part.word[0] not in "<[("]

    def _pieces(
        self, text: str, spans: Sequence[tuple[int, int]], pronunciations: Sequence[Pronunciation]
    ) -> list[tuple[int, str]]:
        """Return what the dictionary is asked for, with the number of the word that it is part of."""
        sounds = own_phonemes(text, [(mark, sounds_of_ipa(mark.ipa)) for mark in pronunciations], sounds_of_letters)
        pieces: list[tuple[int, str]] = []
        for number, (start, end) in enumerate(spans):
            if any(mark.start < end and start < mark.end for mark in pronunciations):
                pieces += [(number, name) for name in self._taught_as(sounds[number])]
            else:
                for found in _PIECE.finditer(text[start:end]):
                    pieces += [(number, name) for name in self._known_as(found.group())]
        return pieces

    def _known_as(self, piece: str) -> list[str]:
        """Return a piece of a word as the dictionary has it; as a new word where it has it not."""
        plain = piece.lower().replace("’", "'")
        if self._decoder.lookup_word(plain):
            return [plain]
        if _INITIALISM.fullmatch(piece):
            return list(plain)
        base = plain.removesuffix("'s")
        if base != plain and (known := self._decoder.lookup_word(base)):
            return self._taught_as([*known.split(), "Z"])
        return self._taught_as([*sounds_of_letters(base), *(["Z"] if base != plain else [])])

    def _taught_as(self, phones: Sequence[str]) -> list[str]:
        """Return the name of a word that sounds so; none for one without a sound."""
        own = [phone for phone in phones if phone != " "]
        name = f"x_{'_'.join(own)}".lower()
        if own and not self._decoder.lookup_word(name):
            self._decoder.add_word(name, " ".join(own), update=False)
            self._taught += 1
        return [name] if own else []


@lru_cache(maxsize=1)
def _installed() -> bool:
    there = find_spec("pocketsphinx") is not None
    if not there:
        _log.warning("times of words are estimated", hint="pip install 'briefcast[alignment]'")
    return there


@lru_cache(maxsize=1)
def _aligner() -> _Aligner:
    return _Aligner()
