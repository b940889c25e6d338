"""A correction that has gone live -> what else tells its article is corrected too: other shows' stories, collections.

Asks for what an edit asks for, so that each edition's own holds, sign-off and changes by hand count. Digests follow by
steps of their own (`briefing.digesting.issues`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefing import steps
from briefing.accounts import audit
from briefing.accounts.audit import Action
from briefing.going_live import access, corrections
from briefing.going_live.holds import CORRECTION
from briefing.going_live.withdrawals import is_withdrawn
from briefing.models import BriefingRow, RevisionRow, ShowRow
from briefing.podcasts.show import Quiet, Show
from briefing.requesting import asking
from briefing.requesting.asking import Wanted
from briefing.revisions import casting_of, newest_revision
from briefing.script import Script
from briefing.states import Queue, StepKind
from briefing.values import ArticleRef, Correction

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from briefing.following.sightings import Corrected

#: Whose work it is: what it has corrected corrects nothing else in its turn.
_BY = "correction"

_EDITIONS = {"story", "collection"}

#: Nobody edits on: what is wrong is heard meanwhile.
_AT_ONCE = Quiet(seconds=0)


def follow(session: Session, revision: RevisionRow) -> None:
    """Have other editions looked at where a story's revision that has just gone live is a correction."""
    if revision.replaces == CORRECTION and revision.requested_by != _BY:
        steps.record(session, StepKind.CORRECT, Queue.INTERACTIVE, payload={"revision": revision.id})


def others(session: Session, revision: RevisionRow) -> list[str]:
    """Return the IDs of the other editions of a story, by ID, of which anything is live or being made."""
    story = session.get_one(BriefingRow, revision.briefing_id)
    return [row.id for row in _editions(session, story.articles[0]) if row.id != story.id]


def correct_collections(session: Session, ref: ArticleRef, said: Corrected, by: str, now: datetime) -> bool:
    """Have the collections corrected that tell an article which has no story of its own, as its CMS says, by whoever
    follows that; tell whether anything was recorded. What was known of them before is no other correction. Needs a
    writing session.
    """
    done = False
    for briefing in _editions(session, str(ref)):
        if briefing.kind == "story" or corrections.is_known(briefing, said):
            continue
        newest = newest_revision(session, briefing.id)
        if newest is None or is_withdrawn(briefing, newest):
            continue
        show = Show.stored(session.get_one(ShowRow, briefing.show).settings)
        told = corrections.of_cms(said, show, now, heard=briefing.heard is not None)
        done = _ask(session, briefing, newest, told, now, by=by, quiet=show.quiet, detail=f"as {ref} was") or done
    return done


def _editions(session: Session, article: str) -> list[BriefingRow]:
    found = list[str]()
    after: str | None = ""
    while after is not None:
        some, after = access.concerned(session, article, None, after)
        found += some
    rows = [session.get_one(BriefingRow, one) for one in found]
    return [row for row in rows if row.kind in _EDITIONS]


def correct(session: Session, briefing_id: str, revision: RevisionRow, now: datetime) -> None:
    """Have another edition corrected as a story's revision has corrected it. Twice does no harm. Needs a writing
    session.
    """
    briefing = session.get_one(BriefingRow, briefing_id)
    newest = newest_revision(session, briefing_id)
    if newest is None or _has_it(session, briefing, newest, revision):
        return
    # Whoever corrected the one had a hand in the other.
    by, detail = revision.requested_by, f"as {revision.briefing_id}"
    _ask(session, briefing, newest, _told(session, revision), now, by=by, quiet=_AT_ONCE, detail=detail)


def _ask(  # noqa: PLR0913  what is told of it
    session: Session,
    briefing: BriefingRow,
    newest: RevisionRow,
    told: Correction | None,
    now: datetime,
    *,
    by: str,
    quiet: Quiet,
    detail: str,
) -> bool:
    wanted = Wanted(
        show=briefing.show,
        kind=briefing.kind,
        articles=tuple(ArticleRef.parse(text) for text in briefing.articles),
        casting=casting_of(newest),
        queue=Queue.INTERACTIVE,
        requested_by=_BY,
        voice_named=False,
        # Of what nobody heard yet nothing is corrected, but it is not to go live as it was.
        corrects=briefing.heard is not None,
        correction=told,
    )
    made, is_work = asking.edited(session, wanted, quiet, now)
    if is_work:
        audit.record(
            session, now, Action.REGENERATE, None, briefing=briefing.id, revision=made.number, detail=detail, by=by
        )
    return is_work


def _has_it(session: Session, briefing: BriefingRow, newest: RevisionRow, revision: RevisionRow) -> bool:
    """Tell whether an edition was corrected no sooner, or is being: what a CMS tells of reaches all stories at once."""
    heard = session.get(RevisionRow, briefing.heard) if briefing.heard is not None else None
    if heard is not None and heard.replaces == CORRECTION and heard.created_at >= revision.created_at:
        return True
    return briefing.corrects_from is not None and newest.created_at >= revision.created_at


def _told(session: Session, revision: RevisionRow) -> Correction | None:
    """Return what is told of a correction; nothing of one in words that were changed by hand, as that changes no other
    edition's: those are corrected where the article was.
    """
    told = session.get_one(BriefingRow, revision.briefing_id).correction
    if told is None or (revision.script is not None and Script.stored(revision.script).is_edited):
        return None
    known = Correction.stored(told)
    return Correction(at=known.at, note=known.note)
