"""The unknown words of all that is live, as a list to work off: what is heard most first. Read only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from briefing.lexicons import lexicon_for
from briefing.mentions import is_heard
from briefing.models import BriefingRow, MentionRow, VocabularyRow, WordRow
from briefing.radius import plays_since

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Guessed:
    """An unknown word."""

    word: str
    briefings: int
    count: int
    """How often it stands in them."""
    plays: int
    """Of those briefings."""


def listed(session: Session, since: str, offset: int, limit: int, show: str | None = None) -> list[Guessed]:
    """Return unknown words of live briefings, of a show or of all, by plays since that day (UTC), then by how often
    they stand there. What the lexicon has learned since they were made is left out, so that fewer than `limit` may
    come.
    """
    plays = plays_since(session, since)
    statement = (
        select(MentionRow.word_id, VocabularyRow.briefing_id, MentionRow.count)
        .select_from(MentionRow)
        .join(VocabularyRow, VocabularyRow.revision_id == MentionRow.revision_id)
        .join(BriefingRow, BriefingRow.id == VocabularyRow.briefing_id)
        .where(MentionRow.guessed, is_heard())
    )
    sums: dict[int, list[int]] = {}
    for word, briefing, count in session.execute(statement.where(VocabularyRow.show == show) if show else statement):
        its = sums.setdefault(word, [0, 0, 0])
        its[0], its[1], its[2] = its[0] + 1, its[1] + count, its[2] + plays.get(briefing, 0)
    ordered = sorted(sums.items(), key=lambda pair: (-pair[1][2], -pair[1][1], pair[0]))[offset : offset + limit]
    named = select(WordRow.id, WordRow.text).where(WordRow.id.in_([word for word, _ in ordered]))
    texts = {row.id: row.text for row in session.execute(named)}
    lexicon = lexicon_for(session, show)
    return [
        Guessed(texts[word], *its)
        for word, its in ordered
        # Unknown words are told of English texts alone (`worker.unknown`).
        if not lexicon.counting_for(texts[word], "en")
    ]
