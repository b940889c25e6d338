"""Files that are public of what is not live, and audio that is not where its visibility says: left by work that died,
or by processes of before that forgot it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import exists, or_, select

from briefing import steps
from briefing.going_live import access
from briefing.models import BriefingRow, RevisionRow, StepRow
from briefing.revisions import lock_briefing
from briefing.states import ACTIVE, UNFINISHED, Queue, RevisionState, StepKind, StepState
from worker.doctor.finding import Finding
from worker.public.cut_short import left, take_back
from worker.public.placing import ONCE_LIVE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from worker.workplace import Workplace


#: Steps that take away or move what is public.
_MOVING = [StepKind.WITHDRAW.value, StepKind.RECALL.value, StepKind.PLACE.value]

_IS_HEARD = or_(BriefingRow.live_revision.is_not(None), BriefingRow.members_revision.is_not(None))


def look(place: Workplace, fix: bool) -> Iterator[Finding]:
    """Yield what lies where it must not. Raises DatabaseUnavailable or StorageUnavailable."""
    with place.database.reading() as session:
        unheard = session.scalars(select(BriefingRow.id).where(~_IS_HEARD).order_by(BriefingRow.id)).all()
        rest = session.scalars(select(BriefingRow.id).where(_IS_HEARD).order_by(BriefingRow.id)).all()
    for briefing_id in unheard:
        yield from _left(place, briefing_id, fix)
    for briefing_id in rest:
        yield from _elsewhere(place, briefing_id, fix)


def _left(place: Workplace, briefing_id: str, fix: bool) -> Iterator[Finding]:
    with place.database.reading() as session:
        names = _names(session, session.get_one(BriefingRow, briefing_id), place)
    mended = ""
    if names and fix:
        with place.database.writing() as session:
            briefing, now = lock_briefing(session, briefing_id), datetime.now(UTC)
            if _names(session, briefing, place):
                take_back(session, briefing, _never_live(session, briefing), place.storage, place.files, now)
                _withdraw_anew(session, briefing)
                mended = "removed"
    for name in names:
        yield Finding(
            code="public_left",
            subject=name,
            detail=f"of briefing {briefing_id}, of which nothing is live",
            hint="Run `briefcast doctor --fix`.",
            mended=mended,
        )


def _names(session: Session, briefing: BriefingRow, place: Workplace) -> list[str]:
    """Return what is there of a briefing of which nothing is to be heard and nobody is at work on."""
    if briefing.heard is not None or _is_at_work(session, briefing.id):
        return []
    never_live = _never_live(session, briefing)
    both = (place.files, place.files.of_members)
    return [name for files in both for name in left(session, briefing, files, never_live).names]


def _never_live(session: Session, briefing: BriefingRow) -> list[RevisionRow]:
    its = RevisionRow.briefing_id == briefing.id
    return list(session.scalars(select(RevisionRow).where(its, RevisionRow.state.not_in(ONCE_LIVE))))


def _is_at_work(session: Session, briefing_id: str) -> bool:
    """Tell whether something of a briefing is being made or published, or is about to be taken away."""
    its = RevisionRow.briefing_id == briefing_id
    active = select(RevisionRow.id).where(its, RevisionRow.state.in_([state.value for state in ACTIVE]))
    leased = (
        select(StepRow.id)
        .join(RevisionRow, RevisionRow.id == StepRow.revision_id)
        .where(its, StepRow.state == StepState.LEASED.value)
    )
    return any(session.scalar(one.limit(1)) is not None for one in (active, leased)) or _is_moved(session, briefing_id)


def _is_moved(session: Session, briefing_id: str) -> bool:
    """Tell whether a step is about to take away or move what is public of a briefing. One that was given up before is
    not counted on.
    """
    of_it = exists().where(RevisionRow.id == StepRow.revision_id, RevisionRow.briefing_id == briefing_id)
    found = select(StepRow.payload).where(
        StepRow.kind.in_(_MOVING), StepRow.state.in_(UNFINISHED), or_(of_it, StepRow.revision_id.is_(None))
    )
    return any(
        "tries" not in told and told.get("briefing", briefing_id) == briefing_id for told in session.scalars(found)
    )


def _withdraw_anew(session: Session, briefing: BriefingRow) -> None:
    """Have the audio erased that a withdrawal, which died, has left."""
    withdrawn = session.scalars(
        select(RevisionRow).where(
            RevisionRow.briefing_id == briefing.id,
            RevisionRow.state == RevisionState.RETRACTED.value,
            RevisionRow.let_go_at.is_(None),
        )
    ).all()
    if withdrawn:
        kind = StepKind.RECALL if access.was_for_members(session, briefing) else StepKind.WITHDRAW
        last = max(withdrawn, key=lambda row: row.number)
        steps.record(session, kind, Queue.INTERACTIVE, revision_id=last.id)
        session.flush()


def _elsewhere(place: Workplace, briefing_id: str, fix: bool) -> Iterator[Finding]:
    with place.database.reading() as session:
        briefing = session.get_one(BriefingRow, briefing_id)
        if not access.is_elsewhere(session, briefing) or _is_moved(session, briefing_id):
            return
        members = access.for_members(session, briefing)
    if fix:
        with place.database.writing() as session:
            access.follow(session, lock_briefing(session, briefing_id))
    yield Finding(
        code="visibility_not_followed",
        subject=f"briefing {briefing_id}",
        detail=f"it is for {'members alone' if members else 'everybody'}, and is not where they hear it",
        hint="Run `briefcast doctor --fix`; where it comes back, the log of `place given up` says why.",
        mended="its step `place` is ready" if fix else "",
    )
