"""Work that stands still: leases nobody frees, steps nobody takes, revisions under way without a step."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import exists, func, or_, select

from briefing import steps
from briefing.database import clock, database_clock
from briefing.going_live import editions
from briefing.going_live.obstacles import obstacles
from briefing.models import BriefingRow, RespeakRow, RevisionRow, StepRow
from briefing.pronunciations import respeaks
from briefing.revisions import held_revision, lock_briefing, locked, move, preparing_kind
from briefing.states import ACTIVE, Queue, RevisionState, StepKind, StepState
from briefing.steps import waiting
from worker.doctor.finding import Finding
from worker.upkeep import sweep

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from worker.workplace import Workplace

#: Seconds that a ready step may wait: what the alerts say too. Bulk work is meant to, while somebody waits for other.
_WAITED_S = dict.fromkeys(Queue, 600.0) | {Queue.BULK: 86_400.0}

#: Seconds that an expired lease may stand: many rounds of the sweep.
_UNSWEPT_S = 120.0

#: Active state -> the step that makes a revision go on from there; assembling finds out which takes are missing.
_GOES_ON = {
    RevisionState.PREPARING: StepKind.PREPARE,
    RevisionState.SPEAKING: StepKind.ASSEMBLE,
    RevisionState.ASSEMBLING: StepKind.ASSEMBLE,
    RevisionState.PUBLISHING: StepKind.PUBLISH,
}


def look(place: Workplace, fix: bool) -> Iterator[Finding]:
    """Yield what stands still."""
    yield from _expired(place, fix)
    yield from _waiting(place)
    yield from _stranded(place, fix)
    yield from _held(place, fix)
    yield from _respeaks(place, fix)


def _expired(place: Workplace, fix: bool) -> Iterator[Finding]:
    with place.database.reading() as session:
        late = session.scalars(
            select(StepRow.id).where(
                StepRow.state == StepState.LEASED.value, StepRow.lease_until < database_clock() - _UNSWEPT_S
            )
        ).all()
    if late:
        freed = len(sweep.free_expired(place)) if fix else 0
        yield Finding(
            code="leases_expired",
            subject=f"{len(late)} steps",
            detail="their workers are gone and nobody frees them",
            hint="Start `briefcast serve`, or on Celery `briefcast dispatch`: one of them sweeps.",
            mended=f"freed {freed}" if freed else "",
        )


def _waiting(place: Workplace) -> Iterator[Finding]:
    clock = database_clock()
    could_be_claimed = (StepRow.state == StepState.READY.value, waiting.is_due(clock), ~waiting.is_gated())
    for queue, waited_s in _WAITED_S.items():
        late = select(func.count()).where(
            StepRow.queue == queue.value, *could_be_claimed, waiting.since() < clock - waited_s
        )
        with place.database.reading() as session:
            number = session.scalar(late)
        if number:
            yield Finding(
                code="queue_stands",
                subject=queue.value,
                detail=f"{number} steps have waited for more than {waited_s / 60:.0f} minutes",
                hint="Start workers for that queue, or more of them.",
            )


def _stranded(place: Workplace, fix: bool) -> Iterator[Finding]:
    with place.database.reading() as session:
        found: list[int] = list(session.scalars(_without_steps()))
    for revision_id in found:
        mended = ""
        if fix:
            with place.database.writing() as session:
                mended = _go_on(session, revision_id)
        yield Finding(
            code="revision_stranded",
            subject=f"revision {revision_id}",
            detail="it is under way, but no step of it is ready or being performed",
            hint="Regenerate its briefing.",
            mended=mended,
        )


def _held(place: Workplace, fix: bool) -> Iterator[Finding]:
    held = select(RevisionRow.briefing_id).where(RevisionRow.state == RevisionState.HELD.value).distinct()
    with place.database.reading() as session:
        found = [one for one in session.scalars(held.order_by(RevisionRow.briefing_id)) if _waits_in_vain(session, one)]
    for briefing_id in found:
        if fix:
            with place.database.writing() as session:
                briefing = lock_briefing(session, briefing_id)
                if _waits_in_vain(session, briefing_id):
                    editions.arrange(session, briefing, datetime.now(UTC))
        yield Finding(
            code="held_stranded",
            subject=f"briefing {briefing_id}",
            detail="what is finished goes live by itself, but no step of it is about to, or one failed",
            hint="Its revision's error says why, if one did. Run `briefcast doctor --fix`, or publish it.",
            mended="its step is ready, or waits for its time" if fix else "",
        )


def _waits_in_vain(session: Session, briefing_id: str) -> bool:
    """Tell whether nobody has to do anything for what is held of a briefing to go live, and yet nothing is about to
    have it go. A step that was given up before is not counted on.
    """
    revision, briefing = held_revision(session, briefing_id), session.get_one(BriefingRow, briefing_id)
    if revision is None:
        return False
    found = obstacles(session, briefing, revision, clock(session))
    if any(one.until is None for one in found):
        return False
    its = (StepRow.revision_id == revision.id, StepRow.kind == StepKind.LAUNCH.value)
    is_open = StepRow.state.in_([StepState.READY.value, StepState.LEASED.value])
    return all(steps.tries_of(step) for step in session.scalars(select(StepRow).where(*its, is_open)))


def _respeaks(place: Workplace, fix: bool) -> Iterator[Finding]:
    recording = select(RespeakRow.id).where(RespeakRow.state == "recording").order_by(RespeakRow.id)
    with place.database.reading() as session:
        found = [one for one in session.scalars(recording) if not _goes_on(session, one)]
    for respeak in found:
        if fix:
            with place.database.writing() as session:
                row = respeaks.locked(session, respeak)
                if row is not None and row.state == "recording" and not _goes_on(session, respeak):
                    waiting = respeaks.next_of(session, row)
                    respeaks.go_on(session, row, waiting.position if waiting is not None else row.total)
        yield Finding(
            code="respeak_stranded",
            subject=f"respeak {respeak}",
            detail="briefings wait to be made again, but no step is about to",
            hint="Run `briefcast doctor --fix`.",
            mended="its step is ready" if fix else "",
        )


def _goes_on(session: Session, respeak: str) -> bool:
    """Tell whether a step is about to make more of a respeak's briefings again."""
    its = (StepRow.kind == StepKind.RESPEAK.value, StepRow.state.in_([StepState.READY.value, StepState.LEASED.value]))
    return any(told["respeak"] == respeak for told in session.scalars(select(StepRow.payload).where(*its)))


def _without_steps() -> Select[int]:
    moving = exists().where(
        StepRow.revision_id == RevisionRow.id,
        or_(StepRow.state == StepState.READY.value, StepRow.state == StepState.LEASED.value),
    )
    return select(RevisionRow.id).where(RevisionRow.state.in_([state.value for state in ACTIVE]), ~moving)


def _go_on(session: Session, revision_id: int) -> str:
    """Ready the step by which a revision goes on; return what was done."""
    row = locked(session, revision_id)
    if session.scalar(_without_steps().where(RevisionRow.id == revision_id)) is None:
        return ""
    kind = _GOES_ON[RevisionState(row.state)]
    if kind is StepKind.PUBLISH:
        kind = editions.publishing_kind(session, session.get_one(BriefingRow, row.briefing_id))
    if kind is StepKind.PREPARE:
        kind = preparing_kind(session, session.get_one(BriefingRow, row.briefing_id))
    waiting = exists().where(
        StepRow.revision_id == revision_id, StepRow.kind == kind.value, StepRow.state == StepState.WAITING.value
    )
    if kind is StepKind.ASSEMBLE:
        move(row, RevisionState.ASSEMBLING, datetime.now(UTC))
        row.chunks_left = 0
    if session.scalar(select(waiting)):
        steps.ready_waiting(session, revision_id, kind)
    else:
        steps.record(session, kind, Queue(row.queue), revision_id=revision_id, rank=row.rank)
    session.flush()
    return f"its step `{kind.value}` is ready again"
