"""Transcript -> captions: at most two lines each, cut where sentences end, then clauses, then anywhere between words.

Knows no format; each gives the width of its lines and how its text is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefing.audio import MASTER_RATE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from briefing.transcript import Passage, Transcript, WordCue

#: A caption stays until the next if that follows within this, in milliseconds, and else this long after its last word.
_STAYS_MS = 1500
_LINGERS_MS = 500

#: A cut is made after a clause only if at least this part of what fits stands before it.
_LEAST_FILLED = 0.4

_CLAUSE_ENDS = tuple(",;:–—.!?…")
_CLOSERS = "\"'”’)]»"


@dataclass(frozen=True)
class Caption:
    """One or two lines of text, and when they are shown."""

    start_ms: int
    end_ms: int
    lines: tuple[str, ...]
    speaker: str


@dataclass(frozen=True)
class _Piece:
    """A word, or a part of one that is wider than a line; when it is said, in samples."""

    text: str
    first: int
    last: int


def cut(
    transcript: Transcript,
    width: int,
    written: Callable[[str], str] = str,
    indent: Callable[[str, bool], int] = lambda *_: 0,
) -> list[Caption]:
    """Return the captions in order, none overlapping, the last one ending with the programme.

    `width` bounds a line as it is `written` in the format. `indent` gives the characters that a caption's first line
    spends on its speaker, told the name and whether it is another than in the caption before.
    """
    shown: list[tuple[list[_Piece], tuple[str, ...], str]] = []
    for passage in transcript.passages:
        for words in passage.sentence_words() if passage.words else ():
            pieces = [piece for word in words for piece in _pieces(passage, word, width, written)]
            while pieces:
                changed = not shown or shown[-1][2] != passage.speaker
                first = width - min(indent(passage.speaker, changed), width // 2)
                count = _cut_at(pieces, first, width, written)
                lines = _lines([piece.text for piece in pieces[:count]], first, width, written)
                assert lines is not None
                shown.append((pieces[:count], lines, passage.speaker))
                pieces = pieces[count:]
    return list(_timed(shown, transcript.samples))


def milliseconds(samples: int) -> int:
    """Return samples of the master in milliseconds."""
    return round(samples * 1000 / MASTER_RATE)


def _pieces(passage: Passage, word: WordCue, width: int, written: Callable[[str], str]) -> Iterator[_Piece]:
    """Yield a word, in parts if it is wider than a line."""
    text = " ".join(passage.text[word.start : word.end].split())
    if len(written(text)) <= width:
        yield _Piece(text, word.first, word.last)
        return
    for part in text.split(" "):
        yield from _parts(part, word, width, written)


def _parts(text: str, word: WordCue, widest: int, written: Callable[[str], str]) -> Iterator[_Piece]:
    begun = 0
    while begun < len(text):
        done = begun + 1
        while done < len(text) and len(written(text[begun : done + 1])) <= widest:
            done += 1
        first, last = (word.first + (word.last - word.first) * place // len(text) for place in (begun, done))
        yield _Piece(text[begun:done], first, last)
        begun = done


def _cut_at(pieces: Sequence[_Piece], first: int, width: int, written: Callable[[str], str]) -> int:
    """Return how many pieces the next caption takes."""
    texts = [piece.text for piece in pieces]
    most = 1
    while most < len(texts) and _lines(texts[: most + 1], first, width, written) is not None:
        most += 1
    if most == len(texts):
        return most
    lengths = [len(" ".join(texts[: count + 1])) for count in range(len(texts))]
    for count in range(most, 0, -1):
        clause = texts[count - 1].rstrip(_CLOSERS).endswith(_CLAUSE_ENDS)
        if clause and lengths[count - 1] >= _LEAST_FILLED * lengths[most - 1]:
            return count
    # What is left over must not be a word or two: where two captions are enough, they share the sentence.
    half = next(count for count in range(1, len(texts) + 1) if lengths[count - 1] * 2 >= lengths[-1])
    return min(most, half) if lengths[-1] <= 2 * lengths[most - 1] else most


def _lines(texts: Sequence[str], first: int, width: int, written: Callable[[str], str]) -> tuple[str, ...] | None:
    """Return texts on one line, or on two about equally long; None where they do not fit.

    The first is empty where only the speaker has room on it.
    """
    whole = " ".join(texts)
    if len(written(whole)) <= first:
        return (whole,)
    best: tuple[int, tuple[str, str]] | None = None
    for count in range(int(first == width), len(texts)):
        above, below = " ".join(texts[:count]), " ".join(texts[count:])
        if len(written(above)) > first:
            break
        if len(written(below)) <= width:
            difference = abs(len(above) - len(below))
            if best is None or difference < best[0]:
                best = difference, (above, below)
    return best and best[1]


def _timed(shown: Sequence[tuple[list[_Piece], tuple[str, ...], str]], total: int) -> Iterator[Caption]:
    starts = []
    at = 0
    for pieces, _, _ in shown:
        # Captions of no length are none, so what is not said takes a millisecond.
        at = max(at, milliseconds(pieces[0].first))
        starts.append(at)
        at += 1
    end = max(at, milliseconds(total))
    for number, (pieces, lines, speaker) in enumerate(shown):
        following = starts[number + 1] if number + 1 < len(shown) else end
        said = max(milliseconds(pieces[-1].last), starts[number] + 1)
        stays = following - said <= _STAYS_MS or number + 1 == len(shown)
        yield Caption(starts[number], following if stays else said + _LINGERS_MS, lines, speaker)
