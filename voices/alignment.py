"""Phonemes said -> the words they say: a text's phonemes as an engine was given them, against each word's own. Pure.

What an engine says is no row of written words: espeak joins "of the" into one, splits numbers into several, and sounds
a word otherwise between others than alone. So both strings are laid side by side at the least cost (Needleman and
Wunsch 1970), and each word takes what lies beside its own phonemes.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

_VOWELS = frozenset("aæɐɑɒɔəɚɛɜɝeiɪoɵuʊʌyʏøœɨʉɯɘᵻ")
_BREAK = " "

#: What it costs that one side has a sound, or a break between words, that the other lacks. Breaks are cheap: espeak
#: writes fewer of them, and more.
_MISSING, _MISSING_BREAK = 1.0, 0.2

#: What it costs that two sounds differ: vowels are reduced between other words, consonants seldom change.
_OTHER_VOWEL, _OTHER_CONSONANT, _OTHER_KIND, _NO_SOUND = 0.4, 0.8, 1.6, 3.0


class Group(NamedTuple):
    """Neighbouring words that one stretch of phonemes says: nearly always a single one."""

    words: range
    """Numbers of the words."""
    first: int
    last: int
    """Phonemes [first, last)."""


@dataclass(frozen=True)
class _Sound:
    """A sound or a break, and the phonemes that it takes up, its marks of stress and length among them."""

    mark: str
    first: int
    last: int


def match_words(words: Sequence[Sequence[str]], said: Sequence[str]) -> list[Group]:
    """Return which phonemes of `said` say which word, given each word's phonemes as it sounds alone.

    In order, not overlapping, every word in one group. A word that nothing says shares its neighbour's group. Empty
    where there are no words or no sounds.
    """
    heard = _sounds(said)
    wanted, owners = [], []
    for number, word in enumerate(words):
        own = [sound.mark for sound in _sounds(word)]
        wanted += [*own, _BREAK]
        owners += [number] * len(own) + [-1]
    if not words or not any(sound.mark != _BREAK for sound in heard):
        return []
    owner = [-1] * len(heard)
    for row, column in _beside(wanted, [sound.mark for sound in heard]):
        if heard[column].mark != _BREAK:
            owner[column] = owners[row]
    return _groups(heard, _adopted(heard, owner), len(words))


def _sounds(phonemes: Iterable[str]) -> list[_Sound]:
    """Return the sounds of a phoneme string; what is no sound is a break, several in a row are one."""
    sounds: list[_Sound] = []
    start = None
    for number, phoneme in enumerate(phonemes):
        category = unicodedata.category(phoneme[0])
        if phoneme in "ˈˌ":
            start = number if start is None else start
        elif category in {"Lm", "Mn", "Sk"} and sounds and start is None:
            sounds[-1] = _Sound(sounds[-1].mark, sounds[-1].first, number + 1)
        elif category.startswith("L") or category == "Nd":
            sounds.append(_Sound(phoneme, number if start is None else start, number + 1))
            start = None
        elif not sounds or sounds[-1].mark != _BREAK:
            sounds.append(_Sound(_BREAK, number, number + 1))
            start = None
        else:
            sounds[-1] = _Sound(_BREAK, sounds[-1].first, number + 1)
            start = None
    return sounds


def _cost(one: str, other: str) -> float:
    if one == other:
        return 0.0
    if _BREAK in {one, other}:
        return _NO_SOUND
    if (one in _VOWELS) != (other in _VOWELS):
        return _OTHER_KIND
    return _OTHER_VOWEL if one in _VOWELS else _OTHER_CONSONANT


def _beside(wanted: Sequence[str], heard: Sequence[str]) -> list[tuple[int, int]]:
    """Return the pairs (row, column) of `wanted` and `heard` that lie beside each other at the least cost."""
    marks = sorted({*wanted, *heard})
    number = {mark: place for place, mark in enumerate(marks)}
    costs = np.array([[_cost(one, other) for other in marks] for one in marks])
    rows, columns = [number[mark] for mark in wanted], [number[mark] for mark in heard]
    missing = [np.array([_MISSING_BREAK if mark == _BREAK else _MISSING for mark in side]) for side in (wanted, heard)]
    least = _least_costs(costs[np.ix_(rows, columns)], missing[0], missing[1])
    row, column, pairs = len(wanted), len(heard), []
    while row and column:
        here = least[row, column]
        if np.isclose(here, least[row - 1, column - 1] + costs[rows[row - 1], columns[column - 1]]):
            row, column = row - 1, column - 1
            pairs.append((row, column))
        elif np.isclose(here, least[row - 1, column] + missing[0][row - 1]):
            row -= 1
        else:
            column -= 1
    return pairs[::-1]


def _least_costs(
    costs: NDArray[np.float64], above: NDArray[np.float64], left: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the least cost of laying the first i against the first j, shape [rows + 1, columns + 1]."""
    along = np.concatenate([[0.0], np.cumsum(left)])
    least = np.empty((len(above) + 1, len(along)))
    least[0] = along
    for row, skipped in enumerate(above):
        least[row + 1] = least[row] + skipped
        least[row + 1, 1:] = np.minimum(least[row + 1, 1:], least[row, :-1] + costs[row])
        # Any number of steps along the row at once: the cheapest start to the left, and the way from there.
        least[row + 1] = along + np.minimum.accumulate(least[row + 1] - along)
    return least


def _adopted(heard: Sequence[_Sound], owner: Sequence[int]) -> list[int]:
    """Give sounds that no word claims to the word before, or after a break to the one behind if there it is joined."""
    adopted = list(owner)
    for step in (1, -1):
        places = range(len(heard)) if step == 1 else range(len(heard) - 1, -1, -1)
        near = -1
        for place in places:
            if heard[place].mark == _BREAK:
                near = -1
            elif adopted[place] >= 0:
                near = adopted[place]
            elif near >= 0:
                adopted[place] = near
    near = -1
    for place, sound in enumerate(heard):
        if sound.mark != _BREAK and adopted[place] < 0:
            adopted[place] = near
        near = max(near, adopted[place])
    return adopted


def _groups(heard: Sequence[_Sound], owner: Sequence[int], count: int) -> list[Group]:
    stretches: dict[int, tuple[int, int]] = {}
    for sound, word in zip(heard, owner, strict=True):
        if word >= 0:
            first, _ = stretches.get(word, (sound.first, 0))
            stretches[word] = (first, sound.last)
    if not stretches:
        sounding = [sound for sound in heard if sound.mark != _BREAK]
        return [Group(range(count), sounding[0].first, sounding[-1].last)]
    said = sorted(stretches)
    starts = [0, *said[1:]]
    ends = [*said[1:], count]
    return [Group(range(start, end), *stretches[word]) for word, start, end in zip(said, starts, ends, strict=True)]
