"""Ukrainian: numbers, dates, money and measures by ukrainian-tn, after forms that it misreads are put in words of ours.

The library inflects, which a table of numbers cannot. It rewrites whole texts and says nothing of where; the spans are
found by comparing its words with the written ones, sentence by sentence, and only a change of what holds a digit, a
sign or a shortened word is taken over. Initialisms are left to the lexicon and the engine.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from worker.normalise.edits import Edit, Rule
from worker.normalise.ukrainian import places
from worker.normalise.ukrainian.counts import hide_over, show_over
from worker.normalise.ukrainian.forms import in_words
from worker.normalise.ukrainian.library import read
from worker.words.sentences import sentences

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORD = re.compile(r"\S+")

#: What needs reading. A text without any is left alone, and the library is not asked.
_NEEDED = re.compile(
    r"[\d%№₴$€£°½¼¾§]|\b(?:[XVIХІ]{2,}|і{2,}|[XVХ](?=\sстоліт)|[УуВв]\s[IІ](?=\sквартал)|"
    r"тис|млн|млрд|грн|вул|просп|обл|км|кг|кв|куб|ст|рр?)\b|"
    r"\b(?i:ген|полк|підполк|проф|акад|доц|тел)\."
)
#: A numeral of one letter, which is needed by what stands around it and is read alone.
_NUMERAL = re.compile(r"[XVIХІ](?!\w)")
_EDGE = "«»“”„\"'()[],;:!?…—–"

#: Shortened words whose point may be the sentence's as well; after others ("вул.") a name goes on.
_ENDING = re.compile(r"(?:тис|млн|млрд|грн|коп|год|хв|сек|км|кг|см|мм|га|рр?|ст|т|м)\.$")
_NEW_SENTENCE = re.compile(r"[\"»”)]*(?:\s+[«„“\"(—–]?\s?[А-ЯІЇЄҐA-Z]|\s*$)")

#: A longer stretch is read in parts, so that the time for a long text grows with it and no faster.
_LONGEST = 400


def _numbers(written: str) -> Iterator[Edit]:
    """Propose what is said otherwise than written."""
    if not _NEEDED.search(written):
        return
    for start, end in _stretches(written):
        if _NEEDED.search(written, start, end):
            yield from _read(written, start, end)


def _stretches(written: str) -> Iterator[tuple[int, int]]:
    """Yield where each sentence stands, long ones in parts."""
    start = 0
    for sentence in sentences(written, "uk"):
        start = written.find(sentence, start)
        end = start + len(sentence)
        while end - start > _LONGEST:
            cut = written.rfind(" ", start + 1, start + _LONGEST) + 1 or start + _LONGEST
            yield start, cut
            start = cut
        yield start, end
        start = end


def _read(written: str, start: int, end: int) -> Iterator[Edit]:
    before = list(_WORD.finditer(written, start, end))
    after = show_over(read(hide_over(in_words(written[start:end])))).split()
    matcher = SequenceMatcher(None, [match.group() for match in before], after, autojunk=False)
    for tag, first, last, said_from, said_to in matcher.get_opcodes():
        if tag == "equal" or first == last:
            continue
        begin, stop = before[first].start(), before[last - 1].end()
        said = " ".join(after[said_from:said_to])
        if (_NEEDED.search(written, begin, stop) or _NUMERAL.fullmatch(written, begin, stop)) and "дефіс" not in said:
            yield from _trimmed(written, begin, stop, said)


def _trimmed(written: str, start: int, end: int, spoken: str) -> Iterator[Edit]:
    """Yield the edit without the punctuation that both forms share at their edges.

    A point that shortens a word at the end of its sentence is the sentence's as well.
    """
    if _ENDING.search(written, start, end) and not spoken.endswith(".") and _NEW_SENTENCE.match(written, end):
        spoken += "."
    while start < end and spoken and written[start] == spoken[0] and written[start] in _EDGE:
        start, spoken = start + 1, spoken[1:]
    while start < end and spoken and written[end - 1] == spoken[-1] and written[end - 1] in _EDGE + ".":
        end, spoken = end - 1, spoken[:-1]
    if start < end:
        yield Edit(start, end, spoken, "ukrainian")


RULES: tuple[Rule, ...] = (*places.RULES, _numbers)
