"""A pronunciation changed, and all that says its word made again in order of audience: recorded, followed, undone.

The briefings are written down at once, their revisions a few at a time by `respeak` steps (`worker.tasks.respeak`): the
most heard as interactive work, the rest as bulk. Whoever changes a respeak locks its row before all else. Which
briefings are concerned is `briefing.radius`'s business; speaks nothing.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select

from briefing import lexicons, radius, steps
from briefing.errors import LexiconChanged, UnknownReference
from briefing.lexicon import LexiconEntry
from briefing.models import BriefingRow, RespeakRow, RespokenRow, RevisionRow
from briefing.radius import Change
from briefing.ranks import lane_of, next_rank
from briefing.regenerating import Again, regenerate
from briefing.revisions import lock_briefing
from briefing.states import ACTIVE, Queue, RevisionState, StepKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from briefing.revisions import Asker

#: The most heard, which are made at once.
AT_ONCE = 3

#: What the newsroom's pronunciations are a lane of.
_NEWSROOM = "lexicon"


@dataclass(frozen=True)
class Progress:
    """How far a respeak is."""

    waiting: int
    """Briefings whose turn has not come."""
    making: int
    done: int
    """Live, or held for an editor, or overtaken by something newer."""
    failed: int
    passed_over: int


def record_change(session: Session, change: Change, now: datetime) -> None:
    """Have a pronunciation be as it is after the change. Needs a writing session."""
    if change.after is not None:
        lexicons.put_entry(session, change.show, change.after, now)
    elif change.before is not None:
        lexicons.remove_entry(session, change.show, change.before.written, change.before.language)


def begin(
    session: Session, change: Change, asker: Asker, now: datetime, named: Sequence[str], undoes: str | None = None
) -> RespeakRow:
    """Record a change, and that the briefings named, the most heard first, are made again. Needs a writing session."""
    record_change(session, change, now)
    row = RespeakRow(
        id=secrets.token_hex(8),
        show=change.show,
        written=change.entry.written,
        language=change.entry.language,
        before=change.before.model_dump(mode="json") if change.before else None,
        after=change.after.model_dump(mode="json") if change.after else None,
        state="recording" if named else "recorded",
        total=len(named),
        undoes=undoes,
        requested_by=asker.name,
        requester=asker.key_id,
        created_at=now,
    )
    session.add(row)
    session.flush()
    if named:
        session.execute(
            insert(RespokenRow.table()),
            [
                {"respeak_id": row.id, "position": position, "briefing_id": briefing, "passed_over": False}
                for position, briefing in enumerate(named)
            ],
        )
        go_on(session, row, 0)
    return row


def go_on(session: Session, row: RespeakRow, position: int) -> None:
    """Record the step that goes on from `position`, or that all is recorded. Needs a writing session."""
    if position >= row.total:
        if row.state == "recording":
            row.state = "recorded"
        session.flush()
        return
    queue = queue_at(position)
    rank = next_rank(session, queue, lane_of(row.requester or row.requested_by, row.show or _NEWSROOM))
    steps.record(session, StepKind.RESPEAK, queue, payload={"respeak": row.id, "from": position}, rank=rank)
    session.flush()


def queue_at(position: int) -> Queue:
    """Return the queue of the briefing at a place."""
    return Queue.INTERACTIVE if position < AT_ONCE else Queue.BULK


def locked(session: Session, respeak: str) -> RespeakRow | None:
    """Return a respeak as it is now, locked; None for one that is not there."""
    return session.get(RespeakRow, respeak, with_for_update=True, populate_existing=True)


def make_again(session: Session, row: RespeakRow, position: int, now: datetime) -> None:
    """Have the briefing at a place made again, unless it is withdrawn meanwhile, or was before by this very step. Needs
    a writing session in which the respeak is locked.
    """
    place = session.get_one(RespokenRow, (row.id, position))
    if place.revision_id is not None or place.passed_over:
        return
    briefing = lock_briefing(session, place.briefing_id)
    if briefing.heard is None:
        place.passed_over = True
    else:
        again = Again(
            voice=None,
            refetch=False,
            segments=(),
            requested_by=row.requested_by,
            requester=row.requester,
            queue=queue_at(position),
        )
        try:
            place.revision_id = regenerate(session, briefing, again, now)[0].id
        except UnknownReference:
            place.passed_over = True
    session.flush()


def undo(session: Session, row: RespeakRow, asker: Asker, now: datetime) -> RespeakRow:
    """Have the pronunciation be what it was, and what was made again for it made again once more: those takes are
    there. Needs a writing session in which the respeak is locked. Raises LexiconChanged.
    """
    change = Change(row.show, entry_of(row.after), entry_of(row.before))
    now_recorded = radius.change_of(session, row.show, change.entry).before
    if row.state == "undone" or now_recorded != change.before:
        message = f"{row.written!r} has been changed since" if row.state != "undone" else "it was taken back already"
        raise LexiconChanged(message, hint="Look at what is recorded now, and change that.")
    row.state = "undone"
    made = select(RespokenRow.briefing_id).where(RespokenRow.respeak_id == row.id, RespokenRow.revision_id.is_not(None))
    return begin(session, change, asker, now, session.scalars(made.order_by(RespokenRow.position)).all(), row.id)


def progress(session: Session, row: RespeakRow) -> Progress:
    """Return how far a respeak is."""
    counted: dict[tuple[str | None, bool], int] = {
        (state, passed_over): int(number)
        for state, passed_over, number in session.execute(
            select(RevisionRow.state, RespokenRow.passed_over, func.count())
            .select_from(RespokenRow)
            .outerjoin(RevisionRow, RevisionRow.id == RespokenRow.revision_id)
            .where(RespokenRow.respeak_id == row.id)
            .group_by(RevisionRow.state, RespokenRow.passed_over)
        )
    }
    active = {state.value for state in ACTIVE}
    passed_over = sum(number for (_, over), number in counted.items() if over)
    making = sum(number for (state, _), number in counted.items() if state in active)
    failed = sum(number for (state, _), number in counted.items() if state == RevisionState.FAILED)
    waiting = 0 if row.state == "undone" else counted.get((None, False), 0)
    left_out = counted.get((None, False), 0) - waiting
    done = sum(counted.values()) - passed_over - making - failed - waiting - left_out
    return Progress(waiting, making, done, failed, passed_over + left_out)


def places(session: Session, row: RespeakRow, limit: int) -> list[tuple[str, str, str | None]]:
    """Return the first briefings of a respeak: ID, title of what is heard, state of its new revision."""
    statement = (
        select(BriefingRow, RevisionRow.state)
        .select_from(RespokenRow)
        .join(BriefingRow, BriefingRow.id == RespokenRow.briefing_id)
        .outerjoin(RevisionRow, RevisionRow.id == RespokenRow.revision_id)
        .where(RespokenRow.respeak_id == row.id)
        .order_by(RespokenRow.position)
        .limit(limit)
    )
    rows = session.execute(statement).all()
    heard = [briefing.heard for briefing, _ in rows if briefing.heard]
    cards = {
        found.id: found.card
        for found in session.execute(select(RevisionRow.id, RevisionRow.card).where(RevisionRow.id.in_(heard)))
    }
    return [(briefing.id, str((cards.get(briefing.heard) or {}).get("title", "")), state) for briefing, state in rows]


def entry_of(stored: dict[str, object] | None) -> LexiconEntry | None:
    """Return the pronunciation that a row holds."""
    return LexiconEntry.stored(stored) if stored is not None else None
