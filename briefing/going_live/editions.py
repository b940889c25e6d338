"""What goes live next of a briefing, and when: held, set for a time, released, approved.

What stands in its way is `briefing.going_live.obstacles`'s. What ends by itself (a time, an embargo) is waited for by a
`launch` step that may not begin before then, so that any host does it; moving the time speaks nothing again. Who may
approve is `briefing.going_live.signing_off`'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from briefing import steps
from briefing.accounts.people import is_same
from briefing.database import clock
from briefing.digesting.digest import DIGEST
from briefing.errors import HoldStands
from briefing.going_live import access, cut_short
from briefing.going_live.holds import forget, guarded, show_of
from briefing.going_live.obstacles import forbidden, obstacles
from briefing.models import RevisionRow
from briefing.observing import events
from briefing.pronunciations.never_speak import find, refusal, texts_of
from briefing.revisions import conclude, held_revision, lock_briefing, locked, move, newest_revision
from briefing.states import ACTIVE, Queue, RevisionState, StepKind

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from briefing.going_live.obstacles import Obstacle
    from briefing.models import BriefingRow

#: Error code of steps that another time took the place of.
RESCHEDULED = "rescheduled"

_MAY_GO_LIVE = [state.value for state in (*sorted(ACTIVE), RevisionState.HELD)]


def pending(session: Session, briefing: BriefingRow) -> RevisionRow | None:
    """Return the newest revision that may still go live: finished and held, or being made."""
    heard = session.get(RevisionRow, briefing.heard) if briefing.heard else None
    return session.scalars(
        select(RevisionRow)
        .where(
            RevisionRow.briefing_id == briefing.id,
            RevisionRow.number > (heard.number if heard else 0),
            RevisionRow.state.in_(_MAY_GO_LIVE),
        )
        .order_by(RevisionRow.number.desc())
        .limit(1)
    ).first()


def _spoken_of(session: Session, briefing: BriefingRow) -> RevisionRow | None:
    """Return the revision of which an editor's word is noted: the one that may still go live; where there is none and
    an earlier word still stands, the newest, as the next one will heed that. None where there is nothing to say it of.
    """
    revision = pending(session, briefing)
    if revision is None and (briefing.held_at is not None or briefing.scheduled_at is not None):
        return newest_revision(session, briefing.id)
    return revision


def publishing_kind(session: Session, briefing: BriefingRow) -> StepKind:
    """Return by which kind of step a briefing's revision is published: by one that older workers leave alone wherever
    they would publish what they must not, or otherwise than they must.
    """
    show = show_of(session, briefing)
    if briefing.kind == DIGEST or guarded(session, briefing) or show.sign_off or show.never_speak:
        return StepKind.LAUNCH
    return StepKind.RELEASE if access.for_members(session, briefing) else StepKind.PUBLISH


def finished(session: Session, revision: RevisionRow, now: datetime) -> StepKind | None:
    """Return the kind of step by which a revision that has just been assembled is published; None where it is held
    instead. Both it and its briefing are locked.
    """
    briefing = lock_briefing(session, revision.briefing_id)
    found = obstacles(session, briefing, revision, clock(session))
    if not found:
        return publishing_kind(session, briefing)
    _tell(session, briefing, revision, found)
    conclude(session, revision, RevisionState.HELD, now)
    arrange(session, briefing, now)
    return None


def arrange(session: Session, briefing: BriefingRow, now: datetime) -> None:
    """Have what is finished of a locked briefing go live as soon as nothing stands in its way: at once, or by a step
    that waits until then. Called after whatever changes what it waits for.
    """
    session.flush()
    revision = held_revision(session, briefing.id)
    if revision is None:
        return
    revision = locked(session, revision.id)
    found = obstacles(session, briefing, revision, clock(session))
    if found:
        cut_short.take_back_if_begun(session, revision)
    steps.cancel(session, revision.id, RESCHEDULED, (StepKind.LAUNCH,))
    untils = [one.until for one in found if one.until is not None]
    if not found:
        go_live(session, briefing, revision, now)
    elif len(untils) == len(found):
        until = max(untils)
        steps.record(session, StepKind.LAUNCH, Queue.INTERACTIVE, revision_id=revision.id, not_before=until.timestamp())
        events.note(session, "revision set for", briefing=briefing.id, revision=revision.id, until=until.isoformat())
    session.flush()


def go_live(session: Session, briefing: BriefingRow, revision: RevisionRow, now: datetime) -> None:
    """Have a held revision published. Both are locked."""
    _begin(revision, now)
    steps.record(session, publishing_kind(session, briefing), Queue.INTERACTIVE, revision_id=revision.id)
    session.flush()


def heed_hold(briefing: BriefingRow, by: str, *, release: bool = False) -> str | None:
    """Take back the hold of a locked briefing of which `by` is to have something go live, and return whose it was; None
    where there was none. Raises HoldStands for a colleague's that they do not say they `release`.
    """
    if briefing.held_at is None:
        return None
    holder = briefing.held_by or ""
    if not release and not is_same(holder, by):
        message = f"{holder} holds it"
        raise HoldStands(message)
    briefing.held_at = briefing.held_by = None
    return holder


def release(session: Session, briefing: BriefingRow, revision: RevisionRow, now: datetime) -> None:
    """Have a held revision published on an editor's word: no hold and no time counts any more. Both are locked."""
    forget(briefing)
    steps.cancel(session, revision.id, RESCHEDULED, (StepKind.LAUNCH,))
    go_live(session, briefing, revision, now)


def admitted(session: Session, revision: RevisionRow, now: datetime) -> bool:
    """Tell whether a revision whose publishing has begun may be published, at the last moment before; it is moved where
    it belongs. Both it and its briefing are locked, and the step is finished either way.
    """
    briefing = lock_briefing(session, revision.briefing_id)
    if revision.state == RevisionState.HELD.value:
        if obstacles(session, briefing, revision, clock(session)):
            # An earlier try may have been cut short.
            cut_short.take_back(session, revision)
            arrange(session, briefing, now)
            return False
        _begin(revision, now)
        return True
    found = forbidden(session, briefing, revision, clock(session))
    if not found:
        return True
    _tell(session, briefing, revision, found)
    conclude(session, revision, RevisionState.HELD, now)
    arrange(session, briefing, now)
    return False


def hold(session: Session, briefing_id: str, by: str, now: datetime) -> RevisionRow | None:
    """Have a briefing's next edition wait for an editor, and forget the time it was set for. Return the revision, None
    where nothing is being made or finished, and no earlier word stands. What is being published is stopped. Needs a
    writing session.
    """
    briefing = lock_briefing(session, briefing_id)
    revision = _spoken_of(session, briefing)
    if revision is None:
        return None
    before = (briefing.held_at, briefing.held_by)
    forget(briefing)
    # Whoever held it first does: a second hold is no way past a colleague's.
    briefing.held_at, briefing.held_by = (now, by) if before[0] is None else before
    _recall(session, briefing, now)
    return revision


def unhold(session: Session, briefing_id: str, now: datetime) -> RevisionRow | None:
    """Take a hold back: the edition goes live as if it had not been held. None where there was none to take back."""
    briefing = lock_briefing(session, briefing_id)
    revision = _spoken_of(session, briefing)
    if revision is None or briefing.held_at is None:
        return None
    forget(briefing)
    _follow(session, briefing, now)
    return revision


def schedule(session: Session, briefing_id: str, at: datetime, by: str, now: datetime) -> RevisionRow | None:
    """Have a briefing's next edition go live at a time; at once where that has passed. As an editor's word, it counts
    for shows that hold theirs too. None as for `hold`. Raises HoldStands for what a colleague holds.
    """
    briefing = lock_briefing(session, briefing_id)
    revision = _spoken_of(session, briefing)
    if revision is None:
        return None
    heed_hold(briefing, by)
    forget(briefing)
    briefing.scheduled_at, briefing.scheduled_by = at, by
    if at > clock(session):
        _recall(session, briefing, now)
    else:
        _follow(session, briefing, now)
    return revision


def unschedule(session: Session, briefing_id: str, by: str, now: datetime) -> RevisionRow | None:
    """Take a time back: the edition waits for an editor instead. None where no time was set."""
    if lock_briefing(session, briefing_id).scheduled_at is None:
        return None
    return hold(session, briefing_id, by, now)


def approve(session: Session, revision: RevisionRow, by: str, now: datetime) -> None:
    """Note a second person's word for a held revision, and have it go live if nothing else stands in its way."""
    briefing = lock_briefing(session, revision.briefing_id)
    row = locked(session, revision.id)
    row.approved_at, row.approved_by = now, by
    arrange(session, briefing, now)


def _begin(revision: RevisionRow, now: datetime) -> None:
    """Move a revision on that nothing holds any more."""
    revision.error_code = revision.error_message = revision.error_hint = None
    move(revision, RevisionState.PUBLISHING, now)


def _tell(session: Session, briefing: BriefingRow, revision: RevisionRow, found: list[Obstacle]) -> None:
    """Note in a revision that it holds a name which must not be spoken: for editors to find as they find failures."""
    if any(one.reason == "never_speak" for one in found):
        texts = texts_of(revision.script, revision.card, revision.preview_card)
        error = refusal(find(show_of(session, briefing).never_speak, texts))
        revision.error_code, revision.error_message, revision.error_hint = error.code, error.message, error.hint


def _recall(session: Session, briefing: BriefingRow, now: datetime) -> None:
    """Have what is being published of a briefing wait again: whoever does it finds the fence outdated."""
    being = session.scalars(
        select(RevisionRow.id)
        .where(RevisionRow.briefing_id == briefing.id, RevisionRow.state == RevisionState.PUBLISHING.value)
        .order_by(RevisionRow.id)
    ).all()
    for revision_id in being:
        row = locked(session, revision_id)
        if row.state == RevisionState.PUBLISHING.value:
            steps.cancel(session, row.id, RESCHEDULED, (StepKind.PUBLISH, StepKind.RELEASE, StepKind.LAUNCH))
            conclude(session, row, RevisionState.HELD, now)
    _follow(session, briefing, now)


def _follow(session: Session, briefing: BriefingRow, now: datetime) -> None:
    session.flush()
    access.tell(session, briefing)
    arrange(session, briefing, now)
