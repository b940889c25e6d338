"""The `correct` step: what else tells a story that was corrected is corrected too, each in a transaction of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from briefing import steps
from briefing.failpoints import Failpoint, reach
from briefing.going_live import other_editions
from briefing.models import RevisionRow

if TYPE_CHECKING:
    from briefing.steps import Lease
    from worker.workplace import Workplace


def correct_others(lease: Lease, place: Workplace) -> None:
    """Have the other editions corrected of the story whose revision the step names. Safe to repeat."""
    with place.database.reading() as session:
        found = other_editions.others(session, session.get_one(RevisionRow, lease.payload["revision"]))
    for briefing_id in found:
        with place.database.writing() as session:
            revision = session.get_one(RevisionRow, lease.payload["revision"])
            other_editions.correct(session, briefing_id, revision, datetime.now(UTC))
            reach(Failpoint.CORRECT_ASKED)
    with place.database.writing() as session:
        steps.finish(session, lease)
