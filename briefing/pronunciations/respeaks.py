"""Pronunciations changed, one or a list's, and all that says their words made again in order of audience: recorded,
followed, undone.

The briefings are written down at once, their revisions a few at a time by `respeak` steps (`worker.tasks.respeak`): the
most heard as interactive work, the rest as bulk. Whoever changes a respeak locks its row before all else. Which
briefings are concerned is `briefing.pronunciations.radius`'s business; speaks nothing.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select

from briefing import steps
from briefing.errors import LexiconChanged, UnknownReference
from briefing.models import BriefingRow, RespeakRow, RespeakWordRow, RespokenRow, RevisionRow
from briefing.pronunciations import lexicons
from briefing.pronunciations.changes import Change, recorded
from briefing.pronunciations.lexicon import LexiconEntry
from briefing.requesting.ranks import lane_of, next_rank
from briefing.requesting.regenerating import Again, regenerate
from briefing.revisions import lock_briefing
from briefing.states import ACTIVE, Queue, RevisionState, StepKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from briefing.revisions import Asker

#: The most heard, which are made at once.
AT_ONCE = 3

#: How often a step is given up over a briefing until that is passed over: one that nobody can make again must not keep
#: those behind it waiting.
MOST_TRIES = 3

#: What the newsroom's pronunciations are a lane of.
_NEWSROOM = "lexicon"

#: Words that are told of, where a list cannot be taken back for them.
_MOST_NAMED = 10

#: Respeaks of as many words that are looked at, for whether the same one is under way.
_LATELY = 20

_LOOK = "Look at what is recorded now, and change that."


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


def record_changes(session: Session, changes: Sequence[Change], now: datetime) -> int:
    """Have pronunciations of one show or of the newsroom be as they are after changes; return how many were not. Needs
    a writing session.
    """
    show = changes[0].show if changes else None
    put = [change.after for change in changes if change.after is not None]
    # A list puts most of its words; what it removes it had put.
    gone = [change.before for change in changes if change.after is None and change.before is not None]
    removed = sum(lexicons.remove_entry(session, show, entry.written, entry.language) for entry in gone)
    return removed + (lexicons.put_entries(session, show, put, now) if put else 0)


def begin(
    session: Session,
    changes: Sequence[Change],
    asker: Asker,
    now: datetime,
    named: Sequence[str],
    undoes: str | None = None,
) -> RespeakRow:
    """Record changes of one show or of the newsroom, and that the briefings named, the most heard first, are made
    again. Needs a writing session.
    """
    record_changes(session, changes, now)
    alone = changes[0] if len(changes) == 1 else None
    row = RespeakRow(
        id=secrets.token_hex(8),
        show=changes[0].show,
        written=alone.entry.written if alone else "",
        language=alone.entry.language if alone else "",
        before=_stored(alone.before) if alone else None,
        after=_stored(alone.after) if alone else None,
        words=len(changes),
        state="recording" if named else "recorded",
        total=len(named),
        undoes=undoes,
        requested_by=asker.name,
        requester=asker.key_id,
        created_at=now,
    )
    session.add(row)
    session.flush()
    if alone is None:
        session.execute(
            insert(RespeakWordRow.table()),
            [
                {"respeak_id": row.id, "position": position, "before": _stored(one.before), "after": _stored(one.after)}
                for position, one in enumerate(changes)
            ],
        )
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


def going(session: Session, changes: Sequence[Change]) -> RespeakRow | None:
    """Return the respeak by which pronunciations are as changes would have them, while it is under way: asked for once
    more it is the same one, since the second would say that nothing was changed and take nothing back.
    """
    if any(change.before != change.after for change in changes):
        return None
    its = select(RespeakRow).where(RespeakRow.words == len(changes), RespeakRow.state != "undone")
    its = its.where(RespeakRow.undoes.is_(None), RespeakRow.show.is_not_distinct_from(changes[0].show))
    wanted = sorted(repr(change.after) for change in changes)
    for row in session.scalars(its.order_by(RespeakRow.created_at.desc()).limit(_LATELY)):
        if sorted(repr(change.after) for change in changes_of_respeak(session, row)) == wanted:
            far = progress(session, row)
            return row if far.waiting or far.making or row.state == "recording" else None
    return None


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
            fresh=True,
        )
        try:
            place.revision_id = regenerate(session, briefing, again, now)[0].id
        except UnknownReference:
            place.passed_over = True
    session.flush()


def next_of(session: Session, row: RespeakRow, position: int = 0) -> RespokenRow | None:
    """Return the first briefing from a place on whose turn has not come; None where all had theirs."""
    waiting = select(RespokenRow).where(
        RespokenRow.respeak_id == row.id,
        RespokenRow.position >= position,
        RespokenRow.revision_id.is_(None),
        RespokenRow.passed_over.is_(False),
    )
    return session.scalars(waiting.order_by(RespokenRow.position).limit(1)).first()


def pass_over(session: Session, row: RespeakRow, position: int) -> str | None:
    """Pass over the first briefing from a place on whose turn has not come, since nobody can make it again, and go on
    behind it. Return its ID, None where there is none. Needs a writing session in which the respeak is locked.
    """
    place = next_of(session, row, position)
    if place is not None:
        place.passed_over = True
    if row.state == "recording":
        go_on(session, row, position if place is None else place.position + 1)
    return place.briefing_id if place is not None else None


def undo(session: Session, row: RespeakRow, asker: Asker, now: datetime) -> RespeakRow:
    """Have the pronunciations be what they were, and what was made again for them made again once more: those takes are
    there. Needs a writing session in which the respeak is locked. Raises LexiconChanged.
    """
    if row.state == "undone":
        message = "it was taken back already"
        raise LexiconChanged(message, hint=_LOOK)
    changes = [change.back for change in changes_of_respeak(session, row)]
    there = recorded(session, row.show, [change.entry for change in changes])
    since = [
        change.entry.written
        for change in changes
        if there.get((change.entry.written, change.entry.language)) != change.before
    ]
    if since:
        more = f" and {len(since) - _MOST_NAMED} more" if len(since) > _MOST_NAMED else ""
        verb = "has" if len(since) == 1 else "have"
        message = f"{', '.join(map(repr, since[:_MOST_NAMED]))}{more} {verb} been changed since"
        raise LexiconChanged(message, hint=_LOOK)
    row.state = "undone"
    made = select(RespokenRow.briefing_id).where(RespokenRow.respeak_id == row.id, RespokenRow.revision_id.is_not(None))
    named = session.scalars(made.order_by(RespokenRow.position)).all()
    return begin(session, changes, asker, now, named, row.id)


def changes_of_respeak(session: Session, row: RespeakRow, limit: int | None = None) -> list[Change]:
    """Return what a respeak changed, of a list the first `limit` words or all."""
    if row.words == 1:
        return [Change(row.show, entry_of(row.before), entry_of(row.after))]
    its = select(RespeakWordRow).where(RespeakWordRow.respeak_id == row.id).order_by(RespeakWordRow.position)
    return [Change(row.show, entry_of(word.before), entry_of(word.after)) for word in session.scalars(its.limit(limit))]


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


def _stored(entry: LexiconEntry | None) -> dict[str, object] | None:
    return entry.model_dump(mode="json") if entry is not None else None
