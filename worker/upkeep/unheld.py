"""Digests that workers of before have finished, and held as they are told to: they go live when nothing is in the way.

They know of no stories that are withdrawn meanwhile, so they must not publish one. The sweep's part; publishes nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from briefing.database import clock
from briefing.digesting.choosing import outdated
from briefing.digesting.digest import DIGEST
from briefing.going_live import editions
from briefing.going_live.obstacles import obstacles
from briefing.models import BriefingRow, RevisionRow
from briefing.revisions import held_revision, lock_briefing
from briefing.states import RevisionState

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from worker.workplace import Workplace


def tend(place: Workplace) -> None:
    """Have such digests published. Raises DatabaseUnavailable."""
    held = (
        select(RevisionRow.briefing_id)
        .join(BriefingRow, BriefingRow.id == RevisionRow.briefing_id)
        .where(RevisionRow.state == RevisionState.HELD.value, BriefingRow.kind == DIGEST)
        .distinct()
    )
    with place.database.reading() as session:
        waiting = [briefing_id for briefing_id in session.scalars(held) if _is_free(session, briefing_id)]
    for briefing_id in waiting:
        with place.database.writing() as session:
            briefing = lock_briefing(session, briefing_id)
            if _is_free(session, briefing_id):
                editions.arrange(session, briefing, datetime.now(UTC))


def _is_free(session: Session, briefing_id: str) -> bool:
    """Tell whether what is held of a digest waits for nobody, nor for its stories to be looked at."""
    revision = held_revision(session, briefing_id)
    if revision is None or outdated(session, revision) is not None:
        return False
    briefing = session.get_one(BriefingRow, briefing_id)
    return not obstacles(session, briefing, revision, clock(session))
