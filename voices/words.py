"""The words of a text: where they stand, and how a stretch of sound is shared out among them. Pure; knows no engine."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from voices.engine import Word

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from voices.engine import Pronunciation

_TOKEN = re.compile(r"\S+")


def words_of(text: str) -> list[tuple[int, int]]:
    """Return the words of `text`, [start, end) in code points.

    A word is what stands between white space, less the punctuation at its edges. A token without a letter or a digit,
    such as a dash, is none.
    """
    spans = []
    for token in _TOKEN.finditer(text):
        start, end = token.span()
        if not any(mark.isalnum() for mark in token.group()):
            continue
        while _is_punctuation(text[start]):
            start += 1
        while _is_punctuation(text[end - 1]):
            end -= 1
        spans.append((start, end))
    return spans


def own_phonemes(
    text: str, sounds: Sequence[tuple[Pronunciation, list[str]]], alone: Callable[[str], Sequence[str]]
) -> list[list[str]]:
    """Return the phonemes of each word of `text` by itself: `alone` of what is written, or the sound it is given.

    `sounds` are in order and do not overlap. A sound for several words is shared out at its spaces.
    """
    spans = words_of(text)
    own: list[list[str]] = [[] for _ in spans]
    done = [start for start, _ in spans]

    def write(number: int, end: int) -> None:
        rest = text[done[number] : end]
        if any(mark.isalnum() for mark in rest):
            own[number] += alone(rest)

    for mark, sound in sounds:
        words = [number for number, (start, end) in enumerate(spans) if start < mark.end and mark.start < end]
        for number, part in zip(words, _parts(sound, len(words)), strict=True):
            write(number, max(done[number], mark.start))
            own[number] += part
            done[number] = min(mark.end, spans[number][1])
    for number, (_, end) in enumerate(spans):
        write(number, end)
    return own


def _parts(sound: Sequence[str], count: int) -> list[list[str]]:
    """Return a sound in `count` parts: at its spaces, where it has as many; else the first has it all."""
    parts: list[list[str]] = [[]]
    for mark in sound:
        if mark == " ":
            parts.append([])
        else:
            parts[-1].append(mark)
    if len(parts) == count:
        return parts
    return [list(sound), *([] for _ in range(count - 1))][:count]


def share_out(spans: Sequence[tuple[int, int]], first: int, last: int) -> list[Word]:
    """Return `spans` as words that share the samples [first, last) by their letters."""
    ends = [0]
    for start, end in spans:
        ends.append(ends[-1] + end - start)
    places = [first + (last - first) * end // ends[-1] for end in ends] if spans else []
    return [Word(*span, places[number], places[number + 1]) for number, span in enumerate(spans)]


def _is_punctuation(mark: str) -> bool:
    return unicodedata.category(mark).startswith("P")
