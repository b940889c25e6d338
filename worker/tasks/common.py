"""What several tasks do: load the revision it is for, finish idly, write down chunks, record what follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from briefing import gates, revisions, steps
from briefing.models import RevisionRow, VariationRow
from briefing.requesting.ranks import rank_in
from briefing.states import ACTIVE, Queue, RevisionState, StepKind
from briefing.takes import find_takes
from worker import pipeline
from worker.running.engine_gates import bounds_of
from worker.spending import costs_of, spend

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from briefing.steps import Lease
    from worker.prepare import Prepared
    from worker.takes.casting import Engaged
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


def save_chunks(  # noqa: PLR0913  what is written down
    session: Session,
    place: Workplace,
    row: RevisionRow,
    prepared: Prepared,
    engaged: Engaged,
    now: datetime,
    *,
    asked: bool,
    streams: bool = False,
) -> None:
    """Write down the cast and its chunks, and record the steps that speak those without a take.

    Unless the revision was `asked` before, raises QuotaExceeded or PutOff where its key or show may not spend so much.
    """
    keys = {chunk.key for chunk in prepared.chunks}
    takes = find_takes(session, keys)
    spend(session, row, costs_of(prepared, takes, place.speakers.catalogue), now, asked=asked)
    state, following = pipeline.after_prepare(
        prepared.chunks, takes, Queue(row.queue), online=engaged.online, streams=streams
    )
    row.cast = prepared.cast.model_dump(mode="json")
    row.fallbacks = [fallback.model_dump(mode="json") for fallback in engaged.fallbacks]
    row.chunks = [chunk.model_dump(mode="json") for chunk in prepared.chunks]
    row.chunks_total, row.chunks_reused = len(keys), len(takes)
    row.chunks_left = len(keys) - len(takes)
    row.spoken_s = sum(take.seconds for take in takes.values())
    revisions.move(row, state, now)
    record(session, row, following)


def record(session: Session, row: RevisionRow, following: Sequence[pipeline.Next]) -> None:
    """Record the steps that follow, at the revision's place in line."""
    for engine in sorted({step.engine for step in following} - {""}):  # in one order, as all who lock gates
        gates.ensure(session, engine, bounds_of(engine))
    streams = any(step.kind is StepKind.STREAM for step in following)

    def payload(step: pipeline.Next) -> dict[str, Any]:
        told: dict[str, Any] = {"chunk": step.chunk.model_dump(mode="json")} if step.chunk else {}
        return told | {"streams": True} if step.chunk and streams else told

    # What the session has changed of the revision goes first, as with steps that it adds itself.
    session.flush()
    steps.record_all(
        session,
        row.id,
        [
            steps.Following(
                step.kind,
                step.queue,
                step.seq,
                payload(step),
                step.state,
                rank_in(step.queue, Queue(row.queue), row.rank),
                step.engine,
            )
            for step in following
        ],
    )


def variations(place: Workplace, briefing_id: str) -> dict[str, int]:
    """Return how often another reading was asked for, by segment ID."""
    with place.database.reading() as session:
        rows = session.scalars(select(VariationRow).where(VariationRow.briefing_id == briefing_id))
        return {row.segment_id: row.number for row in rows}
