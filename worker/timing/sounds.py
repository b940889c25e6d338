"""Words -> ARPABET, for words that the aligner's dictionary lacks: by their IPA, or roughly by their letters. Pure.

An aligner needs to know about how long a word is and where its loud sounds lie, not how it is said well.
"""

from __future__ import annotations

import re
import unicodedata

#: IPA, longest first, as espeak and dictionaries write it; what is missing here is passed over.
_IPA = {
    "tʃ": "CH", "dʒ": "JH", "aɪ": "AY", "aʊ": "AW", "eɪ": "EY", "oʊ": "OW", "əʊ": "OW", "ɔɪ": "OY", "ɜː": "ER",
    "p": "P", "b": "B", "t": "T", "d": "D", "k": "K", "g": "G", "ɡ": "G", "f": "F", "v": "V", "θ": "TH", "ð": "DH",
    "s": "S", "z": "Z", "ʃ": "SH", "ʂ": "SH", "ɕ": "SH", "ʒ": "ZH", "ʐ": "ZH", "h": "HH", "ɦ": "HH", "x": "HH",
    "χ": "HH", "m": "M", "n": "N", "ɲ": "N", "ŋ": "NG", "l": "L", "ɫ": "L", "ɹ": "R", "r": "R", "ʀ": "R", "ʁ": "R",
    "ɾ": "D", "j": "Y", "w": "W", "ʋ": "V", "i": "IY", "ɪ": "IH", "ɨ": "IH", "ᵻ": "IH", "e": "EH", "ɛ": "EH", "æ": "AE",
    "a": "AA", "ɑ": "AA", "ɐ": "AH", "ʌ": "AH", "ə": "AH", "ɒ": "AA", "ɔ": "AO", "o": "OW", "ʊ": "UH", "u": "UW",
    "y": "UW", "ø": "ER", "œ": "ER", "ɜ": "ER", "ɝ": "ER", "ɚ": "ER", "c": "K", "q": "K", "β": "V", "ʤ": "JH",
    "ʧ": "CH", "ʦ": "T S",
}  # fmt: skip

#: Letters, longest first, as English would read a foreign name.
_LETTERS = {
    "tsch": "CH", "sch": "SH", "tch": "CH", "shch": "SH CH", "eigh": "EY", "igh": "AY", "ch": "CH", "sh": "SH",
    "ph": "F", "th": "TH", "gh": "G", "ck": "K", "kh": "K", "zh": "ZH", "ng": "NG", "qu": "K W", "wh": "W", "ts": "T S",
    "ee": "IY", "ea": "IY", "oo": "UW", "ou": "UW", "ow": "OW", "ai": "AY", "ay": "EY", "ei": "EY", "ey": "EY",
    "au": "AW", "aw": "AO", "oi": "OY", "oy": "OY", "ie": "IY", "ia": "IY AH", "io": "IY OW", "iu": "IY UW",
    "yu": "Y UW", "ya": "Y AA", "er": "ER", "ir": "ER", "ur": "ER", "ce": "S EH", "ci": "S IH", "cy": "S IY",
    "a": "AA", "b": "B", "c": "K", "d": "D", "e": "EH", "f": "F", "g": "G", "h": "HH", "i": "IH", "j": "JH", "k": "K",
    "l": "L", "m": "M", "n": "N", "o": "OW", "p": "P", "q": "K", "r": "R", "s": "S", "t": "T", "u": "UW", "v": "V",
    "w": "W", "x": "K S", "y": "IY", "z": "Z", "0": "Z IH R OW", "1": "W AH N", "2": "T UW", "3": "TH R IY",
    "4": "F AO R", "5": "F AY V", "6": "S IH K S", "7": "S EH V AH N", "8": "EY T", "9": "N AY N", "%": "P ER S EH N T",
    "&": "AE N D", "$": "D AA L ER", "€": "Y UH R OW", "£": "P AW N D",
}  # fmt: skip

_DOUBLED = re.compile(r"([b-df-hj-np-tv-xz])\1")
_SILENT_E = re.compile(r"(?<=[a-z][b-df-hj-np-tv-z])e$")


def sounds_of_ipa(ipa: str) -> list[str]:
    """Return IPA as phones, with " " between words."""
    return _read(unicodedata.normalize("NFD", ipa), _IPA)


def sounds_of_letters(word: str) -> list[str]:
    """Return a guess at a word's phones, from its Latin letters, figures and signs."""
    plain = "".join(mark for mark in unicodedata.normalize("NFD", word.lower()) if unicodedata.category(mark) != "Mn")
    return [phone for phone in _read(_SILENT_E.sub("", _DOUBLED.sub(r"\1", plain)), _LETTERS) if phone != " "]


def _read(text: str, table: dict[str, str]) -> list[str]:
    longest = max(map(len, table))
    phones: list[str] = []
    place = 0
    while place < len(text):
        for length in range(longest, 0, -1):
            if said := table.get(text[place : place + length]):
                phones += said.split()
                break
        else:
            length = 1
            if text[place] == " ":
                phones.append(" ")
        place += length
    return phones
