"""What every task does first and last: load the revision it is for, finish idly, record what follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefing import steps
from briefing.models import RevisionRow
from briefing.states import ACTIVE, RevisionState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from briefing.steps import Lease
    from worker import pipeline
    from worker.workplace import Workplace


def load_active(place: Workplace, lease: Lease) -> RevisionRow | None:
    """Return the step's revision, or None when it has been superseded or failed meanwhile."""
    with place.database.reading() as session:
        revision = session.get_one(RevisionRow, lease.revision_id)
        session.expunge(revision)
    return revision if RevisionState(revision.state) in ACTIVE else None


def finish_idle(place: Workplace, lease: Lease) -> None:
    """Finish a step whose revision needs nothing more."""
    with place.database.writing() as session:
        steps.finish(session, lease)


def record(session: Session, revision_id: int, following: Sequence[pipeline.Next]) -> None:
    """Record the steps that follow."""
    for step in following:
        payload = {"chunk": step.chunk.model_dump(mode="json")} if step.chunk else {}
        steps.record(
            session, step.kind, step.queue, revision_id=revision_id, seq=step.seq, payload=payload, state=step.state
        )
