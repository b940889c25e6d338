"""IPA -> the phonemes that a voice knows. Pure; knows no engine.

A voice was taught the sounds of its language only, so a foreign one becomes its nearest neighbour there, as a
newsreader says it. What remains strange is left out: one sound missing is heard less than one the model never learnt.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

#: What English has instead, first to last; in the spelling of espeak's American English, which Piper's voices learnt.
_ENGLISH = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        # Ukrainian writes its "v" so behind a vowel; German and English diphthongs have other letters there.
        ("u\u032f", "v"),
        ("([mnŋlɫrɹ])\u0329", r"ə\1"),
        ("[iɪ]\u032f", "ɪ"),
        ("\u032f", ""),
        ("ɔ\u0303|õ|o\u0303", "ɔːn"),
        ("ɑ\u0303|a\u0303", "ɑːn"),
        ("ɛ\u0303|e\u0303|ĩ|i\u0303", "æn"),
        ("œ\u0303|u\u0303", "ʌn"),
        ("c\u0327|ç", "h"),
        ("[ɹrʀʁɾ]ʲ", "ɹ"),
        ("ɲ|nʲ", "nj"),
        ("ʎ|lʲ", "lj"),
        ("(?<=[bdfɡhkmnpstvz])ʲ(?=[ɪiɛe])", ""),
        ("(?<=[bdfɡhkmnpstvz])ʲ(?=[ˈˌ]?[aɑɔouʊəɐʌæ])", "j"),
        ("[rʀʁɽɻɺ]", "ɹ"),
        ("[ɦħʜ]", "h"),
        ("[xχ](?=[ˈˌ]?[aɑæeɛiɪoɔuʊəɐʌɜɒyø])", "h"),
        ("[xχq]", "k"),
        ("[ɣɢʛɠ]", "ɡ"),
        ("[ɫɭʟɬɮ]", "l"),
        ("[ʋβⱱɓ]", "v"),
        ("ɸ", "f"),
        ("[ʂɕɧ]", "ʃ"),
        ("[ʐʑ]", "ʒ"),
        ("[ʈt]\u032a?", "t"),
        ("[ɖɗ]", "d"),
        ("ɳ", "n"),
        ("ɱ", "m"),
        ("ʦ", "ts"),
        ("[cɟ]", "k"),
        ("[ʕˤʰʡʢ]", ""),
        ("ɥ", "j"),
        ("ɰ", "w"),
        ("ʍ", "w"),
        ("yː?|ʉː?|ʏ|ɯː?", "uː"),
        ("ɨː?|ɘ", "ɪ"),
        ("[øœɶɵɞ]ː?", "ɜː"),
        ("ɒː?", "ɑː"),
        ("ɝ", "ɜː"),
        ("a(?![ɪʊ])ː?", "ɑː"),
        ("e(?!ɪ)ː?", "ɛ"),
        ("o(?!ʊ)(?!ː?ɹ)ː?", "oʊ"),
        ("oː?(?=ɹ)", "ɔː"),
        ("u(?!ː)", "uː"),
        # What is left is finer than English tells apart; no English voice was taught any of it.
        ("[\u0300-\u0362ʷˠʼˀⁿˡᵊˑ˞˥-˩]", ""),
        ("(?<=[ɛɪʊæə])ː", ""),
    )
)

#: Ties, syllable breaks, and other ways of writing one sound.
_SPELLINGS = str.maketrans({"g": "ɡ", "\u0361": "", "\u035c": "", "‿": "", ".": "", "ʤ": "dʒ", "ʧ": "tʃ", "ε": "ɛ"})

_STRESS = "ˈˌ"
_UNSTRESSING = re.compile(f"[{_STRESS}](?=[{_STRESS} ]|$)")
_SPACES = re.compile(r" +")

#: A stress mark stands before its syllable in dictionaries, before its vowel in espeak's phonemes.
_VOWELS = "aæɐɑɒɔəɚɛɜɝeiɪoɵuʊʌyʏøœɨʉɯɘᵻ"
_ONSET = re.compile(f"([{_STRESS}])([^{_STRESS}{_VOWELS} ]+)(?=[{_VOWELS}])")


def fold(ipa: str, known: Collection[str], language: str) -> list[str]:
    """Return `ipa` as code points that a voice of `language` was taught, out of those it has numbers for (`known`).

    Empty where no sound is left.
    """
    text = unicodedata.normalize("NFD", ipa).translate(_SPELLINGS)
    if language.split("-", maxsplit=1)[0].lower() == "en":
        for pattern, sound in _ENGLISH:
            text = pattern.sub(sound, text)
    text = _ONSET.sub(r"\2\1", text)
    text = "".join(mark for mark in text if mark in known and _is_sound(mark))
    text = _SPACES.sub(" ", _UNSTRESSING.sub("", text)).strip()
    return list(text) if any(unicodedata.category(mark) in {"Ll", "Lo"} for mark in text) else []


def _is_sound(mark: str) -> bool:
    """Tell whether a code point may be part of a word: voices have numbers for stops and for a text's ends, too."""
    return mark == " " or unicodedata.category(mark) in {"Ll", "Lo", "Lm", "Mn"}
