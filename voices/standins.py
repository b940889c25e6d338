"""Pronunciations by stand-ins: for engines whose phonemes come from espeak, or alike, and are given to a model.

The pronounced stretch is replaced by a word that no text holds; the whole sentence is turned into phonemes as ever, so
that its neighbours, its punctuation and its end come out as they would ("to Odesa" as "to apples"); then the stand-in's
phonemes give way to those wanted. Cutting the sentence there, as Piper's own [[…]] does, stresses the "in" before a
name, loses the comma behind it, and puts a name that begins a sentence at the end of the one before.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from voices.engine import Pronunciation

#: For what begins with a consonant and with a vowel, since neighbours differ: "the", "a", "to". Measured with
#: espeak's American English to sound the same in every position; where a voice does otherwise, text is said plainly.
_CONSONANT, _VOWEL = "Zhoozhov", "Ozhoozhov"
_VOWELS = frozenset("aæɐɑɒɔəɚɛɜɝeiɪoɵuʊʌyøœɨᵻ")


def said_by_stand_ins(
    text: str,
    sounds: Sequence[tuple[Pronunciation, list[str]]],
    phonemize: Callable[[str], list[list[str]]],
    worded: Callable[[str], str],
) -> list[list[str]] | None:
    """Return the phonemes of `text` by sentence, each pronounced stretch sounding as given.

    `worded` is what the engine does to text before `phonemize`; it never sees the sounds. None where there are no
    sounds, and where the stand-ins cannot all be told in the result.
    """
    if not sounds:
        return None
    words = [_VOWEL if _begins_with_vowel(sound) else _CONSONANT for _, sound in sounds]
    plain = {word: _plain(phonemize(word)) for word in set(words)}
    if not all(plain.values()):
        return None
    sentences = phonemize(worded(_replaced(text, sounds, words)))
    told = re.compile("|".join(_stressed(plain[word]) for word in sorted(plain)))
    found = [match for sentence in sentences for match in told.finditer("".join(sentence))]
    if [_bare(match.group()) for match in found] != [plain[word] for word in words]:
        return None
    wanted = iter([sound for _, sound in sounds])
    return [list(told.sub(lambda _: "".join(next(wanted)), "".join(sentence))) for sentence in sentences]


def _replaced(text: str, sounds: Sequence[tuple[Pronunciation, list[str]]], words: list[str]) -> str:
    parts, done = [], 0
    for (mark, _), word in zip(sounds, words, strict=True):
        parts += [text[done : mark.start], _in_case_of(text[mark.start : mark.end], word)]
        done = mark.end
    return "".join([*parts, text[done:]])


def _in_case_of(stretch: str, word: str) -> str:
    """Write a stand-in as the stretch is written.

    A capital after a full stop begins a sentence; and lower case among capitals would have espeak spell short
    neighbours: "KYIV WAS HIT" with H, I, T.
    """
    if stretch.isupper():
        return word.upper()
    return word if stretch[0].isupper() else word.lower()


def _begins_with_vowel(sound: list[str]) -> bool:
    return next((mark for mark in sound if unicodedata.category(mark) in {"Ll", "Lo"}), "") in _VOWELS


def _plain(sentences: list[list[str]]) -> str:
    """Return the sounds of a word said alone, less stress and what ends a sentence."""
    return _bare("".join(sentences[0]).rstrip(" .")) if len(sentences) == 1 else ""


def _bare(phonemes: str) -> str:
    return phonemes.replace("ˈ", "").replace("ˌ", "")


def _stressed(plain: str) -> str:
    """Return a pattern for these sounds whatever their stress."""
    return "".join(f"[ˈˌ]?{re.escape(mark)}" for mark in plain)
