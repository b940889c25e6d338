"""An editor's word for what waits: it goes live, or is approved, or a Problem says what stands in the way.

Asks for none itself, and knows of no routes: `api.editions`, `api.briefings` and the desk do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.problems import Problem
from api.seeing import briefing_row
from briefing import revisions
from briefing.accounts import audit
from briefing.accounts.audit import Action
from briefing.accounts.people import is_same
from briefing.database import clock
from briefing.going_live import editions, signing_off
from briefing.going_live.obstacles import forbidden
from briefing.states import RevisionState

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from briefing.accounts.keys import Caller
    from briefing.models import BriefingRow, RevisionRow

#: What an editor is told of what forbids a revision to go live: reason -> problem's code, detail, hint.
_FORBIDS = {
    "conflict": (
        "override_conflict",
        "a text that an editor changed by hand is no longer in the article",
        "Keep or drop each change with POST …/conflicts/{segment}.",
    ),
    "sign_off": ("sign_off_needed", "its show wants a second person's word", "Have somebody else POST …/approve."),
    "embargo": ("embargoed", "nothing of it may be public before its embargo is over", "Wait, or end the embargo."),
    "unpublished": (
        "unpublished",
        "its article is scheduled in its CMS, or a draft",
        "It goes live by itself when the CMS publishes the article.",
    ),
    "never_speak": (
        "never_speak",
        "it holds a name that must not be spoken",
        "Change the words, or the list if it is wrong.",
    ),
}


def _check_allowed(session: Session, briefing: BriefingRow, revision: RevisionRow) -> None:
    """Raise Problem where something forbids a revision to go live whatever an editor says."""
    for obstacle in forbidden(session, briefing, revision, clock(session)):
        code, detail, hint = _FORBIDS[obstacle.reason]
        until = f" ({obstacle.until.isoformat()})" if obstacle.until else ""
        raise Problem(code, detail + until, hint)


def approved(
    session: Session, briefing_id: str, approver: Caller, now: datetime, *, seen: int | None = None
) -> RevisionRow:
    """Note a second person's word for what is held, which is to be the revision of the number they have `seen` where
    that is known. Raises Problem.
    """
    row = revisions.lock_briefing(session, briefing_row(session, briefing_id).id)
    revision = revisions.held_revision(session, row.id)
    if revision is None:
        raise Problem("not_held", "no finished revision of this briefing waits")
    _demand_seen(revision, seen)
    if not signing_off.may_approve(session, row, revision, approver):
        raise Problem("own_work", "whoever made it, or had it made, cannot approve it", "Ask a colleague.")
    editions.approve(session, revision, approver.name, now)
    return revision


def heed_hold(session: Session, briefing_id: str, caller: Caller, now: datetime, *, release: bool) -> None:
    """Take back the hold of what `caller` is to have go live, with an audit row for a colleague's. Raises HoldStands
    where they do not say that they `release` that.
    """
    row = revisions.lock_briefing(session, briefing_row(session, briefing_id).id)
    holder = editions.heed_hold(row, caller.name, release=release)
    if holder is not None and not is_same(holder, caller.name):
        newest = revisions.newest_revision(session, row.id)
        number = newest.number if newest else None
        audit.record(
            session, now, Action.UNHOLD, caller, briefing=row.id, revision=number, detail=f"which {holder} had held"
        )


def _demand_seen(revision: RevisionRow, seen: int | None) -> None:
    """Raise Problem where another revision is held than the one that was listened to: no word was given for it."""
    if seen is not None and revision.number != seen:
        message = f"revision {revision.number} is held now, and not {seen}"
        raise Problem("revision_changed", message, "Listen to it, and send its number.")


def published(
    session: Session,
    briefing_id: str,
    caller: Caller,
    now: datetime,
    *,
    release_hold: bool = False,
    seen: int | None = None,
) -> RevisionRow:
    """Have what is held go live, on an editor's word: the revision of the number they have `seen`, where that is known.
    Raises Problem where nothing is held, or something forbids it, HoldStands where a colleague holds it.
    """
    row = revisions.lock_briefing(session, briefing_row(session, briefing_id).id)
    revision = revisions.held_revision(session, row.id)
    if revision is None:
        raise Problem("not_held", "no revision of this briefing is held")
    _demand_seen(revision, seen)
    _check_allowed(session, row, revision)
    heed_hold(session, row.id, caller, now, release=release_hold)
    locked = revisions.locked(session, revision.id)
    if RevisionState(locked.state) is not RevisionState.HELD:
        raise Problem("not_held", "no revision of this briefing is held")
    editions.release(session, row, locked, now)
    return locked
