"""Revisions and what becomes of them: recorded, found, moved, concluded, failed, superseded.

Which request needs a revision of its own is decided in `asking`. Fetches nothing and speaks nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, null, or_, select
from sqlalchemy.orm import object_session

from briefing import steps
from briefing.digesting.digest import DIGEST
from briefing.errors import NeverSpeak
from briefing.going_live import cut_short
from briefing.going_live.access import settings_for
from briefing.models import BriefingRow, OverrideRow, RevisionRow
from briefing.observing import events
from briefing.requesting.ranks import lane_of, next_rank
from briefing.script import Script
from briefing.speech import Casting
from briefing.states import ACTIVE, Queue, RevisionState, StepKind, may_follow

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from briefing.errors import BriefcastError
    from briefing.speech import Fallback

#: What a revision is asked to do: make everything from the articles as they are now, or only look whether they changed.
MAKE: dict[str, Any] = {"refetch": True, "segments": []}
LOOK: dict[str, Any] = {**MAKE, "unless_unchanged": True}


@dataclass(frozen=True)
class Asker:
    """Whose work a revision is."""

    name: str
    key_id: str | None = None


#: FOR NO KEY UPDATE: rows that only refer to a locked one (a new step, a new revision) are not kept waiting.
_LOCK = {"key_share": True}

#: States of a revision whose audio is there.
_WITH_AUDIO = (RevisionState.HELD, RevisionState.PUBLISHING, RevisionState.LIVE)


def counterpart(session: Session, revision: RevisionRow) -> RevisionRow | None:
    """Return the held or live revision that counts if `revision` finds its articles unchanged, None where it is to be
    made in any case.
    """
    if not revision.request.get("unless_unchanged"):
        return None
    with_audio = session.scalars(
        select(RevisionRow)
        .where(
            RevisionRow.briefing_id == revision.briefing_id,
            RevisionRow.number < revision.number,
            RevisionRow.voice == revision.voice,
            RevisionRow.state.in_([state.value for state in _WITH_AUDIO]),
        )
        .order_by(RevisionRow.number.desc())
    )
    return next((row for row in with_audio if casting_of(row) == casting_of(revision)), None)


def casting_of(revision: RevisionRow) -> Casting:
    """Return which voices a revision was asked for with."""
    return Casting(body=revision.voice, **revision.voices)


def conclude(session: Session, revision: RevisionRow, state: RevisionState, now: datetime) -> None:
    """Move a revision out of the states that need work. What was held before it goes when its own audio is there, not
    sooner: one in conflict has none, and takes the place of those in conflict alone. Its articles are looked at once
    more when that was asked for meanwhile.

    Needs a writing session in which it is `locked_in_briefing`. Raises ValueError as `move` does.
    """
    was_publishing = revision.state == RevisionState.PUBLISHING.value
    move(revision, state, now)
    if was_publishing and state is not RevisionState.LIVE:
        cut_short.take_back(session, revision)
    if state in {RevisionState.HELD, RevisionState.LIVE}:
        only = (RevisionRow.conflicts.is_not(None),) if revision.conflicts else ()
        _supersede(session, revision.briefing_id, revision.number, {RevisionState.HELD}, now, *only)
    if state is RevisionState.UNCHANGED:
        _settle_correction(session, revision)
    newest = newest_revision(session, revision.briefing_id)
    if not revision.asked_again or (newest is not None and newest.number > revision.number):
        return
    revision.asked_again = False
    briefing = session.get_one(BriefingRow, revision.briefing_id)
    asked = MAKE if state is RevisionState.FAILED else LOOK
    asker = Asker(revision.requested_by, revision.requester)
    record(session, briefing, casting_of(revision), Queue(revision.queue), asked, asker, now, revision.look_after)


def _settle_correction(session: Session, revision: RevisionRow) -> None:
    """Note that a correction is through where what is live turned out to have it already."""
    briefing = session.get_one(BriefingRow, revision.briefing_id)
    if briefing.corrects_from is None or revision.number < briefing.corrects_from:
        return
    newest = newest_revision(session, briefing.id)
    if newest is not None and newest.id == briefing.heard:
        briefing.corrects_from = None


def record(  # noqa: PLR0913  the columns of a new row
    session: Session,
    briefing: BriefingRow,
    casting: Casting,
    queue: Queue,
    asked: dict[str, Any],
    asker: Asker,
    now: datetime,
    not_before: float | None = None,
    *,
    asked_again: bool = False,
) -> RevisionRow:
    """Add a revision and its first step. It takes the place of those being made, unless it is only to `LOOK`.

    `not_before` is when it may begin, by the database's clock; `asked_again` whether its articles are to be looked at
    once more afterwards.
    """
    last = session.scalar(select(func.max(RevisionRow.number)).where(RevisionRow.briefing_id == briefing.id))
    number = (last or 0) + 1
    if asked is not LOOK:
        supersede_unfinished(session, briefing.id, number, now)
    revision = RevisionRow(
        briefing_id=briefing.id,
        number=number,
        state=RevisionState.PREPARING.value,
        queue=queue.value,
        voice=casting.body,
        voices=casting.others,
        fallbacks=[],
        request=asked,
        asked_again=asked_again,
        show=settings_for(session, briefing),
        requested_by=asker.name,
        requester=asker.key_id,
        rank=next_rank(session, queue, lane_of(asker.key_id or asker.name, briefing.show)),
        created_at=now,
    )
    session.add(revision)
    session.flush()
    kind = preparing_kind(session, briefing)
    steps.record(session, kind, queue, revision_id=revision.id, rank=revision.rank, not_before=not_before)
    session.flush()
    events.note(session, "revision recorded", briefing=briefing.id, revision=revision.id, number=number, asked=asked)
    return revision


def preparing_kind(session: Session, briefing: BriefingRow) -> StepKind:
    """Return the kind of step that prepares a revision of a briefing."""
    if briefing.kind == DIGEST:
        return StepKind.EXTRACT
    edited = select(OverrideRow.segment_id).where(OverrideRow.briefing_id == briefing.id).limit(1)
    return StepKind.PREPARE if session.scalar(edited) is None else StepKind.REVISE


def newest_revision(session: Session, briefing_id: str) -> RevisionRow | None:
    """Return the briefing's revision of the highest number that did not turn out to be unchanged."""
    return session.scalars(
        select(RevisionRow)
        .where(RevisionRow.briefing_id == briefing_id, RevisionRow.state != RevisionState.UNCHANGED.value)
        .order_by(RevisionRow.number.desc())
        .limit(1)
    ).first()


def held_revision(session: Session, briefing_id: str) -> RevisionRow | None:
    """Return the briefing's revision that waits for an editor."""
    return session.scalars(
        select(RevisionRow)
        .where(RevisionRow.briefing_id == briefing_id, RevisionRow.state == RevisionState.HELD.value)
        .order_by(RevisionRow.number.desc())
        .limit(1)
    ).first()


def supersede_unfinished(session: Session, briefing_id: str, number: int, now: datetime) -> None:
    """Stop revisions older than `number` that are still being made: the newest request wins.

    One that is being published has passed its checks and an editor may have asked for it; it goes live, and later gives
    way to the newer one.
    """
    _supersede(session, briefing_id, number, ACTIVE - {RevisionState.PUBLISHING}, now)


def give_up_unheard(session: Session, briefing_id: str, now: datetime) -> None:
    """Stop every revision that is being made, published or held, as when the briefing is withdrawn. Needs the
    briefing's lock.
    """
    newest = newest_revision(session, briefing_id)
    if newest is not None:
        _supersede(session, briefing_id, newest.number + 1, ACTIVE | {RevisionState.HELD}, now)


def _supersede(
    session: Session,
    briefing_id: str,
    number: int,
    states: Collection[RevisionState],
    now: datetime,
    *only: ColumnElement[bool],
) -> None:
    older = session.scalars(
        select(RevisionRow.id)
        .where(
            RevisionRow.briefing_id == briefing_id,
            RevisionRow.number < number,
            RevisionRow.state.in_([state.value for state in states]),
            *only,
        )
        .order_by(RevisionRow.id)
    ).all()
    for revision_id in older:
        # A worker may have moved it on since; under the briefing's lock none is added and none comes back to life.
        revision = locked(session, revision_id)
        if RevisionState(revision.state) not in states:
            continue
        move(revision, RevisionState.SUPERSEDED, now)
        if revision.error_code == NeverSpeak.code:
            # Held for a name that must not be spoken, and nobody can publish it any more: nor is it kept.
            revision.script = revision.card = revision.preview_card = revision.chunks = null()
        cut_short.take_back_if_begun(session, revision)
        steps.cancel(session, revision.id, RevisionState.SUPERSEDED.value)


def move(revision: RevisionRow, state: RevisionState, now: datetime) -> None:
    """Change a revision's state. Raises ValueError when `states.may_follow` forbids it."""
    before = RevisionState(revision.state)
    if before is state:
        return
    if not may_follow(before, state):
        message = f"revision {revision.id} cannot go from {before} to {state}"
        raise ValueError(message)
    revision.state = state.value
    if session := object_session(revision):
        told = {"briefing": revision.briefing_id, "revision": revision.id, "request_id": revision.request_id}
        events.note(session, "revision moved", before=before.value, state=state.value, **told)
    if state not in ACTIVE:
        revision.finished_at = now


def lock_briefing(session: Session, briefing_id: str) -> BriefingRow:
    """Return the briefing as it is now, locked until the transaction ends, by all who add a revision to it or change
    several. Nothing on SQLite, whose writers come one after the other.
    """
    return session.get_one(BriefingRow, briefing_id, with_for_update=_LOCK, populate_existing=True)


def locked(session: Session, revision_id: int | None) -> RevisionRow:
    """Return the revision as it is now, locked until the transaction ends: before its steps, by all who change both."""
    return session.get_one(RevisionRow, revision_id, with_for_update=_LOCK, populate_existing=True)


def locked_in_briefing(session: Session, revision_id: int | None) -> RevisionRow:
    """Return the same with its briefing locked before it, and with it those that it may replace: for what may conclude
    the revision.
    """
    briefing = session.scalars(select(RevisionRow.briefing_id).where(RevisionRow.id == revision_id)).one()
    lock_briefing(session, briefing)
    replaced = RevisionRow.state.in_([RevisionState.LIVE.value, RevisionState.HELD.value])
    theirs = select(RevisionRow).where(
        RevisionRow.briefing_id == briefing, or_(RevisionRow.id == revision_id, replaced)
    )
    rows = session.scalars(
        theirs.order_by(RevisionRow.id).with_for_update(key_share=_LOCK["key_share"]),
        execution_options={"populate_existing": True},
    )
    return next(row for row in rows.all() if row.id == revision_id)


def recast(session: Session, revision: RevisionRow, code: str, fallback: Fallback | None = None) -> None:
    """Have the script cut anew by a `recast` or `revise` step, after a fallback has taken over all parts of its voice
    if there is one. `code` says why.

    What was under way with the old cast is cancelled, so that no take of the old narrator gets among the others.
    """
    if fallback is not None:
        revision.fallbacks = [*revision.fallbacks, fallback.model_dump(mode="json")]
    steps.cancel(session, revision.id, code)
    edited = revision.script is not None and Script.stored(revision.script).is_edited
    kind, payload = (StepKind.REVISE, {"recast": True}) if edited else (StepKind.RECAST, {})
    steps.record(session, kind, Queue(revision.queue), revision_id=revision.id, rank=revision.rank, payload=payload)
    session.flush()


def fail(session: Session, revision_id: int, error: BriefcastError, now: datetime) -> None:
    """Fail a revision with a reason that people read, and cancel its other steps. What is live stays live."""
    revision = session.get_one(RevisionRow, revision_id)
    if RevisionState(revision.state) not in ACTIVE:
        return
    revision.error_code, revision.error_message, revision.error_hint = error.code, error.message, error.hint
    steps.cancel(session, revision_id, error.code)
    conclude(session, revision, RevisionState.FAILED, now)
