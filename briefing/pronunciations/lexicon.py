"""Pronunciations: how a written name or word is said, and which of several entries for it counts.

Holds values and their order of precedence; where in a text they apply is `worker.normalise.lexicon`'s business, what
an engine makes of IPA is the engine's. Stores nothing.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field, ValidationError, model_validator

from briefing.errors import LexiconInvalid
from briefing.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_STARTER = Path(__file__).with_name("starter_lexicon.toml")

#: The letters of IPA that an entry may use, with stress, length, tones, ties and diacritics. Closed, so that no entry
#: can carry what an engine would take for markup.
_IPA_LETTERS = (
    "abcdefghijklmnopqrstuvwxyzæçðøħŋœɐɑɒɓɔɕɖɗɘəɚɛɜɝɞɟɠɡɢɣɤɥɦɧɨɪɫɬɭɮɯɰɱɲɳɴɵɸɹɺɻɽɾʀʁʂʃʄʈʉʊʋʌʍʎʏʐʑʒʔʕʙʝʟβθχᵻ"
    "ɶʘʜʡʢⱱǀǁǂǃʣʤʥʦʧʨ"
)
_IPA_MARKS = "ˈˌːˑ ʲʰʱʷˠˤʼˀⁿˡᵊ˞˥˦˧˨˩.‿"
_IPA_DIACRITICS = "\u0300-\u034e\u0350-\u0362"
_IPA = re.compile(f"[{_IPA_LETTERS}{re.escape(_IPA_MARKS)}{_IPA_DIACRITICS}]+")

#: What may stand in a written form and in a respelling beside letters, marks and digits. Neither has brackets, slashes
#: of links, or what else an engine may take for markup (guarantees S7).
_WRITTEN_SIGNS = frozenset(" .,'’ʼ-‑–&!?+/%")
_ALIAS_SIGNS = frozenset(" .,'’ʼ-–&!?")

#: Invisible, but part of how Persian and Hindi are written.
_JOINERS = "\u200c\u200d"

_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")
NO_LANGUAGE = "is no language tag such as en or en-GB"
_WORD = re.compile(r"\w+")

#: Read as one in text and entry alike, whichever of them an editor typed. All of them are single code points, so that
#: positions stay.
_ALIKE = str.maketrans({"’": "'", "ʼ": "'", "‘": "'", "‑": "-", "\xa0": " ", "\u202f": " ", "\n": " ", "\t": " "})


class Kind(StrEnum):
    """How an entry says its word."""

    ALIAS = "alias"
    """In other words or another spelling; works with every engine."""
    IPA = "ipa"
    """In the International Phonetic Alphabet."""
    LETTERS = "letters"
    """Letter by letter: IAEA."""
    WORD = "word"
    """As a word, though it looks like an initialism: NATO."""


class LexiconEntry(Value):
    """One pronunciation."""

    written: str = Field(min_length=1, max_length=100)
    """The form in articles, in its usual case."""
    language: str = ""
    """Of the text: a BCP 47 tag, which covers its regions too; empty for any."""
    kind: Kind
    value: str = Field(default="", max_length=200)
    """The respelling of an `alias`, the phonemes of an `ipa`; empty for `letters` and `word`."""
    alias: str = Field(default="", max_length=200)
    """What engines without phonemes say instead of an `ipa`; empty leaves them the written form."""
    case_sensitive: bool
    """Whether only this very case counts; by default where capitals stand inside a word: NATO, AfD."""
    note: str = Field(default="", max_length=500)
    """For people: why, and from which source."""

    @model_validator(mode="before")
    @classmethod
    def _tidied(cls, fields: Any) -> Any:  # noqa: ANN401  whatever was written
        """Compose and strip texts; find out whether case counts, where that is not said."""
        if not isinstance(fields, dict):
            return fields
        tidied = {
            name: unicodedata.normalize("NFC", value).strip() if isinstance(value, str) else value
            for name, value in fields.items()
        }
        if tidied.get("case_sensitive") is None and isinstance(tidied.get("written"), str):
            tidied["case_sensitive"] = case_counts(tidied["written"])
        return tidied

    @model_validator(mode="after")
    def _sayable(self) -> LexiconEntry:
        fault = _fault(self)
        if fault:
            message = f"{self.written!r}: {fault}"
            raise ValueError(message)
        return self

    def speaks(self, language: str) -> bool:
        """Tell whether this entry is for text in `language`."""
        own, other = self.language.lower(), language.lower()
        return not own or other == own or other.startswith(f"{own}-")


def is_language(tag: str) -> bool:
    """Tell whether `tag` is a language tag, as far as entries have them."""
    return _LANGUAGE.fullmatch(tag) is not None


def _fault(entry: LexiconEntry) -> str:
    """Return what is wrong with an entry, the empty text where nothing is."""
    if not _plain(entry.written, _WRITTEN_SIGNS) or not entry.written[0].isalnum():
        return "write the word itself, beginning with a letter or digit and without brackets or other signs"
    if entry.language and not is_language(entry.language):
        return f"{entry.language!r} {NO_LANGUAGE}"
    if any(unicodedata.category(character).startswith("C") for character in entry.note if character not in _JOINERS):
        return "the note holds control characters"
    if entry.kind in {Kind.LETTERS, Kind.WORD}:
        return "letters and word take no value and no alias" if entry.value or entry.alias else ""
    return _fault_of_value(entry)


def _fault_of_value(entry: LexiconEntry) -> str:
    if not entry.value:
        return f"an entry of kind {entry.kind} needs a value"
    alias = entry.alias if entry.kind is Kind.IPA else entry.value
    if not _plain(alias, _ALIAS_SIGNS) or (alias and not any(character.isalnum() for character in alias)):
        return "a respelling has letters, digits, spaces, and . , ' - & ! ? only"
    if entry.kind is Kind.ALIAS:
        return "an alias has its respelling as its value" if entry.alias else ""
    phonemes = unicodedata.normalize("NFD", entry.value)
    if _IPA.fullmatch(phonemes) and any(letter in _IPA_LETTERS for letter in phonemes):
        return ""
    return f"{entry.value!r} is no IPA: no slashes and brackets, ˈ before the stressed syllable"


def case_counts(text: str) -> bool:
    """Tell whether case counts for a word where nobody says so: where capitals stand inside it."""
    return any(letter.isupper() and before.isalnum() for before, letter in pairwise(text))


def _plain(text: str, signs: frozenset[str]) -> bool:
    return all(unicodedata.category(character)[0] in "LMN" or character in signs for character in text)


def make_entry(fields: dict[str, Any]) -> LexiconEntry:
    """Return the entry of these fields. Raises LexiconInvalid."""
    try:
        return LexiconEntry.model_validate(fields)
    except ValidationError as error:
        faults = "; ".join(
            ".".join(map(str, fault["loc"]))
            + (": " if fault["loc"] else "")
            + fault["msg"].removeprefix("Value error, ")
            for fault in error.errors()
        )
        raise LexiconInvalid(faults) from error


def alike(text: str) -> str:
    """Return `text`, of equal length, with apostrophes, hyphens and spaces of every kind as the plain ones."""
    return text.translate(_ALIKE)


def forms(entry: LexiconEntry) -> frozenset[str]:
    """Return the forms under which an entry's word stands in a text, endings aside."""
    written = alike(entry.written)
    if entry.case_sensitive:
        return frozenset({written})
    title = _WORD.sub(lambda word: word.group()[0].upper() + word.group()[1:], written)
    return frozenset({written, written[0].upper() + written[1:], title, written.upper()})


class Lexicon:
    """Layers of entries, the strongest first: a show's own, the newsroom's, those that ship.

    Unchanging, and quick to look up in, however many entries begin alike: a language's index is made once.
    """

    def __init__(self, layers: Iterable[Sequence[LexiconEntry]] = ()) -> None:
        self.layers = tuple(tuple(layer) for layer in layers)
        self._indexes: dict[tuple[str, bool], _Index] = {}

    def found_at(
        self, text: str, start: int, word: str, language: str, *, banner: bool = False
    ) -> Iterator[tuple[str, LexiconEntry]]:
        """Give (form, entry) for the forms that begin with `word` and stand at `start` of `text`, the longest first.

        `text` is `alike`; in a `banner`, a line all in capitals, names whose case counts are found in capitals too.
        Whether a form ends with a word of the text is for the caller to see.
        """
        index = self._index(language, banner=banner)
        for length in index.lengths.get(word, ()):
            form = text[start : start + length]
            entry = index.entries.get(form)
            if entry is not None and len(form) == length:
                yield form, entry

    def counting_for(self, form: str, language: str) -> LexiconEntry | None:
        """Return the entry that counts where a text of `language` has this very form; None where none does."""
        return self._index(language).entries.get(alike(form))

    def regional(self, language: str) -> int:
        """Return how many entries are for regions of `language` only."""
        return sum(
            entry.language.lower().startswith(f"{language.lower()}-") for layer in self.layers for entry in layer
        )

    def counting(self, language: str) -> tuple[LexiconEntry, ...]:
        """Return the entries that count for their very word in texts of `language`, the strongest layer's first."""
        found = self._index(language).entries
        own = (entry for layer in self.layers for entry in layer)
        return tuple(entry for entry in own if found.get(alike(entry.written)) is entry)

    def _index(self, language: str, *, banner: bool = False) -> _Index:
        if (language, banner) not in self._indexes:
            self._indexes[language, banner] = _indexed(self.layers, language, banner=banner)
        return self._indexes[language, banner]


@dataclass(frozen=True)
class _Index:
    """What counts for texts of one language."""

    entries: dict[str, LexiconEntry]
    """By form."""
    lengths: dict[str, tuple[int, ...]]
    """By a form's first word: how long such forms are, the longest first."""


def _indexed(layers: Iterable[Sequence[LexiconEntry]], language: str, *, banner: bool) -> _Index:
    found: dict[str, LexiconEntry] = {}
    for layer in layers:
        # Within a layer an exact case outdoes a guessed one (WHO, if there is a "who" too), then the narrower language.
        for entry in sorted(layer, key=lambda entry: (not entry.case_sensitive, -len(entry.language))):
            if entry.speaks(language):
                for form in forms(entry):
                    found.setdefault(form, entry)
    if banner:
        for entry in list(found.values()):
            if entry.case_sensitive and not case_counts(entry.written):
                found.setdefault(alike(entry.written).upper(), entry)
    lengths: dict[str, set[int]] = {}
    for form in found:
        if word := _WORD.match(form):
            lengths.setdefault(word.group(), set()).add(len(form))
    return _Index(found, {word: tuple(sorted(sizes, reverse=True)) for word, sizes in lengths.items()})


@lru_cache(maxsize=1)
def starter() -> tuple[LexiconEntry, ...]:
    """Return the entries that ship: names and initialisms of the news, each with its source."""
    tables = tomllib.loads(_STARTER.read_text(encoding="utf-8"))["entries"]
    return tuple(make_entry({"language": "en", **table}) for table in tables)


@lru_cache(maxsize=1)
def starter_lexicon() -> Lexicon:
    """Return a lexicon of the shipped entries alone."""
    return Lexicon([starter()])
