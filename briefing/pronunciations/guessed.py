"""The unknown words of all that is live, as a list to work off: what is heard most first.

Counted now and then for all of it (`counted`, `replace`; the sweep does), and read as it was counted: at ten thousand
stories counting takes seconds, and a page may not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, tuple_

from briefing.models import BriefingRow, GuessRow, MentionRow, VocabularyRow, WordRow
from briefing.pronunciations.lexicons import lexicon_for
from briefing.pronunciations.mentioning import is_heard
from briefing.pronunciations.radius import plays_since
from briefing.sql.rows import add_all_unless_there

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

#: Stands for the newsroom, that is for all shows together; no show is called so.
NEWSROOM = ""

#: Show (or NEWSROOM) and number of a word.
Key = tuple[str, int]

#: Of a word: briefings, how often it stands in them, plays of those.
Counts = tuple[int, int, int]


@dataclass(frozen=True)
class Guessed:
    """An unknown word."""

    word: str
    briefings: int
    count: int
    """How often it stands in them."""
    plays: int
    """Of those briefings."""


def listed(session: Session, offset: int, limit: int, show: str | None = None) -> list[Guessed]:
    """Return unknown words of live briefings, of a show or of all, by plays, then by how often they stand there, as
    they were last counted. What the lexicon has learned since they were made is left out, so that fewer than `limit`
    may come.
    """
    statement = (
        select(WordRow.text, GuessRow.briefings, GuessRow.count, GuessRow.plays)
        .join(WordRow, WordRow.id == GuessRow.word_id)
        .where(GuessRow.show == (NEWSROOM if show is None else show))
        .order_by(GuessRow.plays.desc(), GuessRow.count.desc(), GuessRow.word_id.desc())
        .offset(offset)
        .limit(limit)
    )
    lexicon = lexicon_for(session, show)
    return [
        Guessed(*row)
        for row in session.execute(statement)
        # Unknown words are told of English texts alone (`worker.words.unknown`).
        if not lexicon.counting_for(row.text, "en")
    ]


def counted(session: Session, since: str) -> dict[Key, Counts]:
    """Count the unknown words of all that is live, by show and for all, with the plays since that day (UTC)."""
    plays = plays_since(session, since)
    statement = (
        select(MentionRow.word_id, VocabularyRow.show, VocabularyRow.briefing_id, MentionRow.count)
        .select_from(MentionRow)
        .join(VocabularyRow, VocabularyRow.revision_id == MentionRow.revision_id)
        .join(BriefingRow, BriefingRow.id == VocabularyRow.briefing_id)
        .where(MentionRow.guessed, is_heard())
    )
    sums: dict[Key, list[int]] = {}
    for word, show, briefing, count in session.execute(statement):
        for whose in (NEWSROOM, show):
            its = sums.setdefault((whose, word), [0, 0, 0])
            its[0], its[1], its[2] = its[0] + 1, its[1] + count, its[2] + plays.get(briefing, 0)
    return {key: (its[0], its[1], its[2]) for key, its in sums.items()}


def stored(session: Session) -> dict[Key, Counts]:
    """Return what was counted last."""
    rows = session.execute(select(GuessRow.show, GuessRow.word_id, GuessRow.briefings, GuessRow.count, GuessRow.plays))
    return {(show, word): (briefings, count, plays) for show, word, briefings, count, plays in rows}


def replace(session: Session, gone: Sequence[Key], new: Mapping[Key, Counts]) -> None:
    """Write down what was counted, and let go of what is no more; all in the order of keys, so that of two who do it at
    once neither waits for the other for ever. Needs a writing session.
    """
    if keys := sorted({*gone, *new}):
        session.execute(delete(GuessRow).where(tuple_(GuessRow.show, GuessRow.word_id).in_(keys)))
    add_all_unless_there(
        session,
        GuessRow,
        [
            {"show": show, "word_id": word, "briefings": briefings, "count": count, "plays": plays}
            for (show, word), (briefings, count, plays) in sorted(new.items())
        ],
    )
