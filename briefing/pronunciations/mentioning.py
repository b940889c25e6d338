"""Which live revisions say a word: looked up in what was noted (`briefing.pronunciations.mentions`), without reading a
script.

Knows the endings that the lexicon finds, and nothing of which entry counts (`briefing.pronunciations.radius`).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from briefing.models import BriefingRow, MentionRow, VocabularyRow, WordRow
from briefing.pronunciations.lexicon import alike, forms
from briefing.pronunciations.mentions import WORD, known, read_words

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import ColumnElement, Row, Select
    from sqlalchemy.orm import Session

    from briefing.pronunciations.lexicon import LexiconEntry

#: What the lexicon lets a word end with beyond its form; a possessive is a word of its own here.
_ENDINGS = ("", "s", "es", "S", "ES")


def is_heard() -> ColumnElement[bool]:
    """Return the condition that a vocabulary's revision is the one that is heard of its briefing, joined with it."""
    return func.coalesce(BriefingRow.live_revision, BriefingRow.members_revision) == VocabularyRow.revision_id


def sought(entry: LexiconEntry) -> list[set[str]]:
    """Return, for each word of an entry's written form, how it may stand in a text."""
    shapes = forms(entry) | {alike(entry.written).upper()}
    split = [WORD.findall(unicodedata.normalize("NFC", shape)) for shape in shapes]
    places = [{words[number] for words in split if number < len(words)} for number in range(max(map(len, split)))]
    if places:
        places[-1] = {word + ending for word in places[-1] for ending in _ENDINGS}
    return places


@dataclass(slots=True)
class Said:
    """That a live revision says a word, or some of several."""

    revision_id: int
    briefing: str
    show: str
    language: str
    voice: str
    programme_ms: int
    """Of all its takes."""
    count: int = 0
    segments: int = 0
    takes: int = 0
    characters: int = 0
    audio_ms: int = 0


_FIGURES = ("count", "segments", "takes", "characters", "audio_ms")

#: What words in one segment may not add up to more than: the revision's own. None where it was noted before this was.
_WHOLE = ("segments", "takes", "characters", "audio_ms")

#: Of a row that tells of a mention: the columns of `Said`, in its order, come first, the word last. A word that all say
#: is in ten thousand rows, where reading them by name takes as long as all else.
_FIELDS, _REVISION, _SHOW, _LANGUAGE, _WORD = 11, 0, 2, 3, -1

#: Entries that are looked up at once: their mentions are in memory.
_AT_ONCE = 100


def mentioning(
    session: Session,
    entries: Sequence[LexiconEntry],
    counts: Callable[[int, str, str], bool],
    among: Collection[int] | None = None,
) -> list[Said]:
    """Return the live revisions, or those `among` these, that have all words of an entry which counts there (by its
    number, a show and a language), with figures of the rarest of them. They may stand apart, or not count by case or
    neighbours: there are at most so many.
    """
    shapes = [sought(entry) for entry in entries]
    ids = known(session, {word for places in shapes for words in places for word in words})
    places = {
        number: [{ids[word] for word in words if word in ids} for words in its] for number, its in enumerate(shapes)
    }
    asked = [number for number, its in places.items() if its and all(its)]
    found: dict[int, Said] = {}
    several: dict[int, Row[Any]] = {}
    for start in range(0, len(asked), _AT_ONCE):
        some = {number: places[number] for number in asked[start : start + _AT_ONCE]}
        for row in _said_by(session, some, counts, among):
            revision_id = row[_REVISION]
            if (said := found.get(revision_id)) is None:
                found[revision_id] = Said(*row[:_FIELDS])
            else:
                _add(said, row)
                several[revision_id] = row
    for revision_id, row in several.items():
        for name in _WHOLE:
            if (most := getattr(row, f"all_{name}")) is not None:
                setattr(found[revision_id], name, min(getattr(found[revision_id], name), most))
    return list(found.values())


def _add(said: Said, row: Row[Any]) -> None:
    for name in _FIGURES:
        setattr(said, name, getattr(said, name) + getattr(row, name))


def _said_by(
    session: Session,
    places: Mapping[int, list[set[int]]],
    counts: Callable[[int, str, str], bool],
    among: Collection[int] | None,
) -> Iterator[Row[Any]]:
    """Give each mention that counts, once, of the rarest words of entries whose other words are there too."""
    rarest = _rarest(session, places)
    rows: dict[int, list[Row[Any]]] = {}
    asked = _mentions_of({word for words in rarest.values() for word in words})
    if among is not None:
        asked = asked.where(MentionRow.revision_id.in_(sorted(among)))
    for row in session.execute(asked):
        rows.setdefault(row[_WORD], []).append(row)
    others = {
        number: [words for words in its if words != rarest[number]]
        for number, its in places.items()
        if any(word in rows for word in rarest[number])
    }
    has = _revisions_with(session, {word for its in others.values() for words in its for word in words})
    given: set[tuple[int, int]] = set()
    for number, its in others.items():
        where = [set().union(*(has[word] for word in words if word in has)) for words in its]
        for row in (row for word in rarest[number] for row in rows.get(word, ())):
            key = (row[_WORD], row[_REVISION])
            if (
                key not in given
                and all(row[_REVISION] in revisions for revisions in where)
                and counts(number, row[_SHOW], row[_LANGUAGE])
            ):
                given.add(key)
                yield row


def _mentions_of(words: Iterable[int]) -> Select[Any]:
    """Return the statement that reads the mentions of words in what is heard. Added up by whoever asks: one statement
    of a few joins is quick whatever is known of the tables.
    """
    return (
        select(
            VocabularyRow.revision_id,
            VocabularyRow.briefing_id,
            VocabularyRow.show,
            VocabularyRow.language,
            VocabularyRow.voice,
            VocabularyRow.audio_ms.label("programme_ms"),
            *(getattr(MentionRow, name).label(name) for name in _FIGURES),
            *(getattr(VocabularyRow, name).label(f"all_{name}") for name in _WHOLE),
            MentionRow.word_id,
        )
        .select_from(MentionRow)
        .join(VocabularyRow, VocabularyRow.revision_id == MentionRow.revision_id)
        .join(BriefingRow, BriefingRow.id == VocabularyRow.briefing_id)
        .where(MentionRow.word_id.in_(sorted(words)), is_heard())
    )


def _rarest(session: Session, places: Mapping[int, list[set[int]]]) -> dict[int, set[int]]:
    """Return of each entry the place whose words are rarest."""
    several = {word for its in places.values() if len(its) > 1 for words in its for word in words}
    numbers: dict[int, int] = {}
    if several:
        counted = select(MentionRow.word_id, func.count()).where(MentionRow.word_id.in_(sorted(several)))
        numbers = {row[0]: int(row[1]) for row in session.execute(counted.group_by(MentionRow.word_id))}
    return {
        number: min(its, key=lambda words: sum(numbers.get(word, 0) for word in words))
        for number, its in places.items()
    }


def _revisions_with(session: Session, words: Collection[int]) -> dict[int, set[int]]:
    """Return the revisions that have each of these words."""
    found: dict[int, set[int]] = {}
    if words:
        asked = select(MentionRow.word_id, MentionRow.revision_id).where(MentionRow.word_id.in_(sorted(words)))
        for word, revision in session.execute(asked):
            found.setdefault(word, set()).add(revision)
    return found


def says(session: Session, revision_id: int, word: str) -> bool | None:
    """Tell whether a revision says a word, in any of its cases; None where its words are not noted."""
    if session.get(VocabularyRow, revision_id) is None:
        return None
    words = [alike(unicodedata.normalize("NFC", word)), *read_words(word)]
    statement = (
        select(MentionRow.word_id)
        .join(WordRow, WordRow.id == MentionRow.word_id)
        .where(MentionRow.revision_id == revision_id, WordRow.text.in_(words))
    )
    return session.scalar(statement.limit(1)) is not None
