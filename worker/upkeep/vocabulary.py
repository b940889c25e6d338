"""Notes the words of what is live, so that they can be looked up: the sweep's part of
`briefing.pronunciations.mentions`.

Not done when publishing, which holds its show's row: seconds later, a few revisions at a time, the newest first; so a
back catalogue from before there were mentions is noted too. Two that do it at once pass each other's revisions over.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, text, update

from briefing.models import BriefingRow, RevisionRow, TakeRow, VocabularyRow
from briefing.models.briefings import UNREAD
from briefing.observing.logs import get_logger
from briefing.pronunciations import mentions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from briefing.pronunciations.mentions import Vocabulary
    from worker.workplace import Workplace

#: Revisions of one transaction: some hundredths of a second of SQLite's one write lock.
BATCH = 20

#: Seconds of one round of the sweep, at most by one batch more: lost steps wait for it.
_MOST_S = 1.0

_log = get_logger("vocabulary")

_READ = (RevisionRow.id, RevisionRow.briefing_id, RevisionRow.voice, RevisionRow.script, RevisionRow.chunks)


def tend(place: Workplace) -> None:
    """Note the words of some live revisions that were not looked at yet. Raises DatabaseUnavailable."""
    until = time.monotonic() + _MOST_S
    while note_some(place) == BATCH and time.monotonic() < until:
        pass


def note_some(place: Workplace, limit: int = BATCH) -> int:
    """Note the words of up to `limit` revisions; return how many were looked at."""
    with place.database.reading() as session:
        rows = session.execute(select(*_READ).where(text(UNREAD)).order_by(RevisionRow.id.desc()).limit(limit)).all()
        found = {row.id: its for row in rows if (its := _vocabulary(session, row)) is not None}
    if rows:
        with place.database.writing() as session:
            _write(session, rows, found)
    return len(rows)


def _vocabulary(session: Session, row: Row[Any]) -> Vocabulary | None:
    """Return a revision's words; None for what has no script: taken over from another host, or of another version."""
    if not row.script:
        return None
    try:
        chunks = row.chunks or []
        return mentions.vocabulary(row.script, chunks, _take_ms(session, {chunk["key"] for chunk in chunks}))
    except (KeyError, TypeError) as error:
        _log.warning("words not noted", revision=row.id, missing=str(error))
        return None


def _take_ms(session: Session, keys: Iterable[str]) -> dict[str, int]:
    statement = select(TakeRow.key, TakeRow.samples, TakeRow.rate).where(TakeRow.key.in_(sorted(keys)))
    return {row.key: round(row.samples * 1000 / row.rate) for row in session.execute(statement)}


def _write(session: Session, rows: Sequence[Row[Any]], found: dict[int, Vocabulary]) -> None:
    """Write down what was read of revisions that still are as they were."""
    ids = [row.id for row in rows]
    # Whoever is publishing holds them in another order: those are for the next round.
    locked = session.scalars(
        select(RevisionRow.id).where(RevisionRow.id.in_(ids), text(UNREAD)).with_for_update(skip_locked=True)
    ).all()
    session.execute(update(RevisionRow).where(RevisionRow.id.in_(locked)).values(words_noted=True))
    named = select(BriefingRow.id, BriefingRow.show).where(BriefingRow.id.in_([row.briefing_id for row in rows]))
    shows = {row.id: row.show for row in session.execute(named)}
    mentions.note(
        session,
        [
            (
                VocabularyRow(
                    revision_id=row.id,
                    briefing_id=row.briefing_id,
                    show=shows[row.briefing_id],
                    language=found[row.id].language,
                    voice=row.voice,
                    audio_ms=found[row.id].audio_ms,
                    segments=found[row.id].segments,
                    takes=found[row.id].takes,
                    characters=found[row.id].characters,
                ),
                found[row.id],
            )
            for row in rows
            if row.id in found and row.id in set(locked)
        ],
    )
