"""The lexicon as a rule: finds its words in a text, whole and with their endings, and says them as it lays down.

Knows the endings of English only; in other languages a word counts where it stands exactly as written. Which entry
counts for a word is `briefing.pronunciations.lexicon`'s business.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from briefing.pronunciations.lexicon import Kind, alike
from briefing.script import LEXICON_RULE
from worker.normalise.edits import Edit
from worker.normalise.english import romans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from briefing.pronunciations.lexicon import Lexicon, LexiconEntry
    from worker.normalise.edits import Rule

_WORD = re.compile(r"\w+")

#: After a name: its possessive or its plural.
_ENDING = re.compile(r"(?:'s|s|es)(?!\w|'\w)", re.IGNORECASE)
_HISSES_IN_WRITING = re.compile(r"(?:s|x|z|ch|sh)$", re.IGNORECASE)

#: What follows a word that is part of something else: a number ("Su-34", "COVID-19"), a sum ("US$5"), a longer word.
_GOES_ON = re.compile(r"-?\d|[$€£¥@]|'\w")
_STRETCH = re.compile(r"\S+")

#: A stretch of text that is an address, a handle or a hashtag: those have rules of their own.
_ADDRESS = re.compile(r"://|@\w|#\w|www\.|\w{2}\.[a-z]{2,}(?:\W|$)")

#: Initialisms that are everyday words too; in a headline all in capitals they are the words.
_EVERYDAY = frozenset("US WHO IT AID ICE AM PM IS AS AT IN NO SO OR TO UP WE ACT ALL ART CAN ERA MAY MAD AGE".split())
_LETTER = re.compile(r"[^\W\d_]")
_BANNER = 0.7
_FEW_LETTERS = 12

_VOICELESS = frozenset("ptkfθ")
_SIBILANT = frozenset("szʃʒʂʐɕʑ")


def pronounce(lexicon: Lexicon, language: str) -> Rule:
    """Return the rule that says the words of `lexicon` in text of `language`."""
    english = language.split("-", maxsplit=1)[0].lower() == "en"

    def rule(written: str) -> Iterator[Edit]:
        text = alike(written)
        banner, capitals = _is_banner(text), text.isupper()
        addresses = [stretch.span() for stretch in _STRETCH.finditer(text) if _ADDRESS.search(stretch.group())]
        done = 0
        for word in _WORD.finditer(text):
            start = word.start()
            if start < done or any(first <= start < last for first, last in addresses):
                continue
            for form, entry in _found(lexicon, text, word, language, english=english, banner=banner):
                end = _end(text, start, form, entry, english=english)
                if end is not None and not (banner and _is_other(form, entry, text, start)):
                    # Lower case among capitals would have the engine spell its short neighbours: H, I, T.
                    said = entry.model_copy(update=_in_capitals(entry)) if banner or capitals else entry
                    yield _said(written, start, start + len(form), end, said)
                    done = end
                    break

    return rule


def _found(
    lexicon: Lexicon, text: str, word: re.Match[str], language: str, *, english: bool, banner: bool
) -> Iterator[tuple[str, LexiconEntry]]:
    """Give what is found for a word, and in English for it less a plural ending: POWs, Tauruses."""
    for ending in ("", "s", "es") if english else ("",):
        if word.group().lower().endswith(ending):
            first = word.group()[: len(word.group()) - len(ending)]
            yield from lexicon.found_at(text, word.start(), first, language, banner=banner)


def _end(text: str, start: int, form: str, entry: LexiconEntry, *, english: bool) -> int | None:
    """Return where the word ends in `text`, its ending included; None where `form`, found at `start`, is no word."""
    end = start + len(form)
    if form[-1].isalnum():
        ending = _ENDING.match(text, end) if english else None
        if ending and _fits(ending.group(), form, entry):
            end = ending.end()
        # A combining mark belongs to the letter before it.
        if end < len(text) and (unicodedata.category(text[end])[0] in "LMN" or text[end] == "_"):
            return None
    return None if _GOES_ON.match(text, end) else end


def _fits(ending: str, form: str, entry: LexiconEntry) -> bool:
    """Tell whether a form may have an ending: USS is no plural of US, and Kyives none of Kyiv."""
    if ending.isupper() and (form == entry.written if entry.case_sensitive else not form.isupper()):
        return False
    return ending.lower() != "es" or bool(_HISSES_IN_WRITING.search(form))


def _is_banner(text: str) -> bool:
    """Tell whether a text is all in capitals, or nearly, so that they tell names from words no longer."""
    letters = _LETTER.findall(text)
    return len(letters) >= _FEW_LETTERS and sum(map(str.isupper, letters)) > _BANNER * len(letters)


def _is_other(form: str, entry: LexiconEntry, text: str, start: int) -> bool:
    """Tell whether a form in a banner is not the entry's word: an everyday word, or the number of "ARTICLE XI"."""
    if entry.kind is Kind.LETTERS:
        return entry.written in _EVERYDAY
    return entry.case_sensitive and form != entry.written and (form in _EVERYDAY or romans.is_called_for(text, start))


def _in_capitals(entry: LexiconEntry) -> dict[str, str]:
    return {"alias": entry.alias.upper(), **({"value": entry.value.upper()} if entry.kind is Kind.ALIAS else {})}


def _said(written: str, start: int, stem: int, end: int, entry: LexiconEntry) -> Edit:
    ending = written[stem:end].lower()
    ipa = ""
    if entry.kind is Kind.LETTERS:
        base = " ".join(letter.upper() for letter in entry.written if letter.isalnum())
    elif entry.kind is Kind.ALIAS:
        base = _as_begun(entry.value, written[start])
    elif entry.kind is Kind.IPA:
        base = _as_begun(entry.alias, written[start]) or written[start:stem]
        ipa = entry.value + (_ending_sound(entry.value) if ending else "")
    else:
        base, ending = written[start:stem], written[stem:end]
    if base == written[start:stem] or (base.isupper() and base.split()[-1][1:]):
        ending = written[stem:end]
    return Edit(start, end, base + ending, LEXICON_RULE, ipa)


def _as_begun(alias: str, first: str) -> str:
    """Return a respelling with a capital where the word had one: it may begin a sentence."""
    return alias[0].upper() + alias[1:] if alias and first.isupper() else alias


def _ending_sound(ipa: str) -> str:
    """Return how a plural or possessive sounds after these phonemes: cats, horses, dogs."""
    last = next((letter for letter in reversed(ipa) if unicodedata.category(letter) in {"Ll", "Lo"}), "")
    if last in _SIBILANT:
        return "ɪz"
    return "s" if last in _VOICELESS else "z"
