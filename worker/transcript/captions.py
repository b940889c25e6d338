"""Transcript -> captions: at most two lines each, cut where sentences end, then clauses, then anywhere between words.

Knows no format; each gives the width of its lines and how its text is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
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

    `width` bounds a line as it is `written` in the format, each character by itself. `indent` gives the characters that
    a caption's first line spends on its speaker, told the name and whether it is another than in the caption before.
    """
    shown: list[tuple[list[_Piece], tuple[str, ...], str]] = []
    for passage in transcript.passages:
        for words in passage.sentence_words() if passage.words else ():
            pieces = [piece for word in words for piece in _pieces(passage, word, width, written)]
            sentence, begun = _measured(pieces, written), 0
            while begun < len(pieces):
                changed = not shown or shown[-1][2] != passage.speaker
                first = width - min(indent(passage.speaker, changed), width // 2)
                end = _cut_at(sentence, begun, first, width)
                middle = _parted(sentence, begun, end, first, width)
                assert middle is not None
                lines = [sentence.line(begun, middle)] + ([sentence.line(middle, end)] if middle < end else [])
                shown.append((pieces[begun:end], tuple(lines), passage.speaker))
                begun = end
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


@dataclass(frozen=True)
class _Sentence:
    """What a sentence's pieces measure, so that none is written again for each way of cutting them."""

    texts: tuple[str, ...]
    letters: tuple[int, ...]
    """Of what comes before each piece, and of all; a space goes with each piece."""
    written: tuple[int, ...]
    """The same as the format writes it."""

    def length(self, start: int, end: int) -> int:
        """Return the letters of pieces [start, end) on one line."""
        return max(0, self.letters[end] - self.letters[start] - 1)

    def width(self, start: int, end: int) -> int:
        """Return the characters that the format writes for them."""
        return max(0, self.written[end] - self.written[start] - 1)

    def line(self, start: int, end: int) -> str:
        """Return them on one line."""
        return " ".join(self.texts[start:end])


def _measured(pieces: Sequence[_Piece], written: Callable[[str], str]) -> _Sentence:
    texts = tuple(piece.text for piece in pieces)
    return _Sentence(
        texts,
        tuple(accumulate((len(text) + 1 for text in texts), initial=0)),
        tuple(accumulate((len(written(text)) + 1 for text in texts), initial=0)),
    )


def _cut_at(sentence: _Sentence, begun: int, first: int, width: int) -> int:
    """Return the piece before which the caption ends that begins with the piece `begun`."""
    total = len(sentence.texts)
    most = begun + 1
    while most < total and _parted(sentence, begun, most + 1, first, width) is not None:
        most += 1
    if most == total:
        return most
    filled = sentence.length(begun, most)
    for end in range(most, begun, -1):
        clause = sentence.texts[end - 1].rstrip(_CLOSERS).endswith(_CLAUSE_ENDS)
        if clause and sentence.length(begun, end) >= _LEAST_FILLED * filled:
            return end
    # What is left over must not be a word or two: where two captions are enough, they share the sentence.
    left = sentence.length(begun, total)
    half = next(end for end in range(begun + 1, total + 1) if sentence.length(begun, end) * 2 >= left)
    return min(most, half) if left <= 2 * filled else most


def _parted(sentence: _Sentence, begun: int, end: int, first: int, width: int) -> int | None:
    """Return the piece that the second line begins with so that both are about equally long, or `end` where one line is
    enough; None where they do not fit. The first is empty where only the speaker has room on it.
    """
    if sentence.width(begun, end) <= first:
        return end
    best = None
    least = 0
    for middle in range(begun + int(first == width), end):
        if sentence.width(begun, middle) > first:
            break
        if sentence.width(middle, end) <= width:
            difference = abs(sentence.length(begun, middle) - sentence.length(middle, end))
            if best is None or difference < least:
                best, least = middle, difference
    return best


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
