"""How an article stood when it was seen last: read, written down, compared. What follows is `noticing`'s."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefing.models import SightingRow
from briefing.sql.rows import add_unless_there

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from briefing.following.sightings import Seen
    from briefing.values import ArticleRef


def locked(session: Session, ref: ArticleRef) -> SightingRow | None:
    """Return how an article stood, locked; None where it was never seen. Needs a writing session."""
    return session.get(SightingRow, (ref.source, ref.id), with_for_update=True, populate_existing=True)


def keep(session: Session, ref: ArticleRef, known: SightingRow | None, seen: Seen, now: datetime) -> SightingRow:
    """Write down how the article stands. Needs a writing session."""
    state = "gone" if seen.wanted is False else seen.state
    if known is None:
        add_unless_there(
            session, SightingRow, source=ref.source, article_id=ref.id, state=state, withdrew=False, looked_at=now
        )
        known = locked(session, ref)
        assert known is not None
    if seen.text_hash is not None or known.updated_at != seen.updated_at:
        known.text_hash = seen.text_hash
    known.state, known.updated_at, known.scheduled_at = state, seen.updated_at, seen.scheduled_at
    known.looked_at = now
    known.visibility = seen.visibility or known.visibility
    # Before what it decides: settings are asked for by it.
    session.flush()
    return known


def has_changed(before: tuple[str, datetime | None, str | None] | None, row: SightingRow) -> bool:
    """Tell whether the text may be another than when it was seen last."""
    if before is None or before[0] == "gone":
        return True
    if before[2] is not None and row.text_hash is not None and before[2] == row.text_hash:
        return False
    return before[1] != row.updated_at or before[2] != row.text_hash


def is_outdated(session: Session, source: str, article: str, saved_at: datetime | None) -> bool:
    """Tell whether something later is known of an article already: for what is told, not for what a CMS answers now."""
    row = session.get(SightingRow, (source, article))
    return bool(row and row.updated_at and saved_at and saved_at < row.updated_at)
