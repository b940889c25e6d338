"""Which live revision says which word: noted once per revision, so that a word is looked up without reading a script.

A word is what the lexicon may begin or end with: letters and digits between others, as written, in its very case.
Looks nothing up (`briefing.pronunciations.mentioning`).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select

from briefing.models import MentionRow, VocabularyRow, WordRow
from briefing.pronunciations.lexicon import alike
from briefing.sql.rows import add_all_unless_there

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sqlalchemy.orm import Session


#: Letters of the longest word that is noted; what is longer is an address or nonsense.
MOST_LETTERS = 64

#: SQLite takes at most 32,766 parameters in one statement.
_MOST_NAMES = 10_000

#: What may be a word of the lexicon.
WORD = re.compile(r"\w+")


@dataclass
class Mention:
    """A word in a revision."""

    count: int = 0
    """How often it stands in the script."""
    segments: int = 0
    takes: int = 0
    """Of those segments, as are the next two."""
    characters: int = 0
    audio_ms: int = 0
    guessed: bool = False
    """Whether the engine guesses it: an unknown word."""


@dataclass(frozen=True)
class Vocabulary:
    """The words of a revision."""

    language: str
    audio_ms: int
    """Of all its takes."""
    segments: int = 0
    takes: int = 0
    characters: int = 0
    words: dict[str, Mention] = field(default_factory=dict)


def read_words(text: str) -> list[str]:
    """Return the words of a written text, in order."""
    return [word for word in WORD.findall(alike(unicodedata.normalize("NFC", text))) if len(word) <= MOST_LETTERS]


def vocabulary(
    script: Mapping[str, Any], chunks: Iterable[Mapping[str, Any]], take_ms: Mapping[str, int]
) -> Vocabulary:
    """Return the words of a stored script whose `chunks` have takes of so many milliseconds, by key.

    Reads the stored form as it is: a back catalogue is looked through at once.
    """
    by_segment: dict[str, dict[str, int]] = {}
    for chunk in chunks:
        by_segment.setdefault(chunk["segment"], {})[chunk["key"]] = len(chunk["spoken"])
    found: dict[str, Mention] = {}
    for segment in script["segments"]:
        keys = by_segment.get(segment["id"], {})
        audio_ms = sum(take_ms.get(key, 0) for key in keys)
        for word, count in Counter(read_words(segment["written"])).items():
            mention = found.setdefault(word, Mention())
            mention.count += count
            mention.segments += 1
            mention.takes += len(keys)
            mention.characters += sum(keys.values())
            mention.audio_ms += audio_ms
    _mark_guessed(found, script.get("unknown_words", ()))
    # Added up as the words' are, by segment: a take that two segments share is in each.
    in_all = [key for keys in by_segment.values() for key in keys]
    return Vocabulary(
        language=script["language"],
        audio_ms=sum(take_ms.get(key, 0) for key in set(in_all)),
        segments=len(script["segments"]),
        takes=len(in_all),
        characters=sum(length for keys in by_segment.values() for length in keys.values()),
        words=found,
    )


def _mark_guessed(found: dict[str, Mention], unknown: Iterable[Mapping[str, Any]]) -> None:
    """Mark the unknown words; one with an apostrophe in it is noted beside its parts."""
    for entry in unknown:
        word = alike(unicodedata.normalize("NFC", entry["word"]))
        if len(word) <= MOST_LETTERS:
            mention = found.setdefault(word, Mention(count=entry["count"], segments=len(entry["segments"])))
            mention.guessed = True


def note(session: Session, rows: Sequence[tuple[VocabularyRow, Vocabulary]]) -> None:
    """Write down the words of revisions in place of those of their briefings' earlier ones. Needs a writing session."""
    briefings = [row.briefing_id for row, _ in rows]
    session.execute(delete(VocabularyRow).where(VocabularyRow.briefing_id.in_(briefings)))
    ids = _word_ids(session, {word for _, its in rows for word in its.words})
    session.add_all(row for row, _ in rows)
    session.flush()
    found = [
        {"word_id": ids[word], "revision_id": row.revision_id, **vars(mention)}
        for row, its in rows
        for word, mention in its.words.items()
    ]
    if found:
        session.execute(insert(MentionRow.table()), found)


def _word_ids(session: Session, words: Collection[str]) -> dict[str, int]:
    """Return the words' numbers, given where they had none."""
    there = known(session, words)
    if missing := sorted(set(words) - set(there)):
        # In one order for all: two who note at once wait for each other's words.
        add_all_unless_there(session, WordRow, [{"text": word} for word in missing])
        there |= known(session, missing)
    return there


def known(session: Session, words: Collection[str]) -> dict[str, int]:
    """Return the ids of those words that have one."""
    wanted, found = sorted(words), dict[str, int]()
    for start in range(0, len(wanted), _MOST_NAMES):
        asked = select(WordRow.text, WordRow.id).where(WordRow.text.in_(wanted[start : start + _MOST_NAMES]))
        found |= {row.text: row.id for row in session.execute(asked)}
    return found
