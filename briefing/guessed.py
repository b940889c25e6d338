"""The unknown words of all that is live, as a list to work off: what is heard most first. Read only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

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
    plays = plays_since(since)
    heard, times = func.coalesce(func.sum(plays.c.plays), 0), func.sum(MentionRow.count)
    statement = (
        select(WordRow.text, func.count(), times, heard)
        .select_from(MentionRow)
        .join(WordRow, WordRow.id == MentionRow.word_id)
        .join(VocabularyRow, VocabularyRow.revision_id == MentionRow.revision_id)
        .join(BriefingRow, BriefingRow.id == VocabularyRow.briefing_id)
        .outerjoin(plays, plays.c.briefing_id == BriefingRow.id)
        .where(MentionRow.guessed, is_heard())
        .group_by(WordRow.text)
        .order_by(heard.desc(), times.desc(), WordRow.text)
        .offset(offset)
        .limit(limit)
    )
    rows: list[Any] = list(session.execute(statement.where(VocabularyRow.show == show) if show else statement))
    lexicon = lexicon_for(session, show)
    return [
        Guessed(str(word), int(briefings), int(count), int(played))
        for word, briefings, count, played in rows
        # Unknown words are told of English texts alone (`worker.unknown`).
        if not lexicon.counting_for(word, "en")
    ]
