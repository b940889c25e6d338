"""A caller's request -> the revision that answers it: a new one, or an equal one that is shared.

The rules about which requests are equal live here, inside the transaction that records the work, so that twenty
requests at once make one revision. What is made anew is in `regenerating`. Fetches nothing and checks no names.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from briefing import steps
from briefing.articles.picks import tell_labels
from briefing.database import database_clock
from briefing.digesting.issues import look
from briefing.digesting.summary_sources import void
from briefing.going_live import access, corrections, wishes, withdrawals
from briefing.going_live.editions import arrange
from briefing.going_live.holds import forget
from briefing.hashing import stable_hash
from briefing.models import ArticleRow, BriefingRow, RevisionRow
from briefing.requesting.sharing import promote, share
from briefing.revisions import (
    LOOK,
    MAKE,
    Asker,
    casting_of,
    give_up_unheard,
    lock_briefing,
    locked,
    move,
    newest_revision,
    record,
)
from briefing.sql.rows import add_unless_there
from briefing.states import ACTIVE, PREPARING, Queue, RevisionState, StepKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from briefing.articles.labels import Labels
    from briefing.podcasts.show import Paywall, Quiet
    from briefing.speech import Casting
    from briefing.values import ArticleRef, Correction


@dataclass(frozen=True)
class Embargo:
    """Until when nothing may be public; None ends it."""

    until: datetime | None


@dataclass(frozen=True)
class Wanted:
    """What a caller asks for, already checked against shows, sources and voices."""

    show: str
    kind: str
    articles: tuple[ArticleRef, ...]
    casting: Casting
    queue: Queue
    requested_by: str
    requester: str | None = None
    """ID of the key."""
    voice_named: bool = True
    """Whether the casting was asked for, or is merely the show's."""
    addresses: dict[str, str] = field(default_factory=dict)
    """Web addresses by "source:id", for articles of address sources."""
    labels: Labels | None = None
    """What the caller files its one article under."""
    visibility: str | None = None
    """Who is to hear it, where that is said: of the article, or of the briefing where it has several."""
    paywall: Paywall | None = None
    """How far others are to, where that is said."""
    embargo: Embargo | None = None
    """Until when nothing of it may be public, where that is said."""
    corrects: bool = False
    """Whether the edit corrects what is live, rather than going on with the story."""
    correction: Correction | None = None
    saved_at: datetime | None = None
    """When the edit was saved, by its CMS's clock; None: nobody knows, and it counts as just now. The quiet period is
    counted from it."""
    issue: str | None = None
    """Of a digest: its name and which one, by which it is known in place of its articles, which may change."""

    @property
    def asker(self) -> Asker:
        """Whose work it is."""
        return Asker(self.requested_by, self.requester)

    @property
    def identity(self) -> str:
        """Hash of home show, kind and ordered articles, or of the issue: the briefing's identity."""
        if self.issue is not None:
            # Whatever show the digest moves to meanwhile: one of a day stays one.
            return stable_hash("issue/1", self.kind, self.issue)
        return identity(self.show, self.kind, self.articles)


def identity(show: str, kind: str, articles: Sequence[ArticleRef]) -> str:
    """Return the identity of a briefing; see `Wanted`."""
    return stable_hash("briefing/1", show, kind, [str(ref) for ref in articles])


def is_known(session: Session, identity: str) -> bool:
    """Tell whether a briefing of that identity was ever asked for."""
    return session.scalar(select(BriefingRow.id).where(BriefingRow.identity == identity)) is not None


def request(session: Session, wanted: Wanted, now: datetime) -> tuple[RevisionRow, bool]:
    """Return the revision that answers `wanted`, and whether it is work of its own: made for it, or promoted.

    An equal one that is being made is shared, and promoted where it is bulk work that somebody now waits for. Where an
    equal one is held or live, the articles may have changed since:
    the new revision only looks, and if they have not, it ends as unchanged and the equal one counts. Needs a writing
    session.
    """
    briefing = _briefing(session, wanted, now)
    return _correcting(session, briefing, wanted, lambda: _requested(session, briefing, wanted, now))


def _requested(session: Session, briefing: BriefingRow, wanted: Wanted, now: datetime) -> tuple[RevisionRow, bool]:
    newest = newest_revision(session, briefing.id)
    if newest is not None and casting_of(newest) == wanted.casting and RevisionState(newest.state) in ACTIVE:
        share(session, newest)
        promoted = wanted.queue is Queue.INTERACTIVE and promote(session, briefing, newest, wanted.asker)
        # Whoever asks waits; the quiet period of an edit is over.
        steps.hasten(session, newest.id, PREPARING)
        return newest, promoted
    return _new(session, briefing, newest, wanted, now), True


def edited(session: Session, wanted: Wanted, quiet: Quiet, now: datetime) -> tuple[RevisionRow, bool]:
    """Return the revision that will follow an edit; see `_edited`. Note what it corrects. Of what was withdrawn it is
    the newest there is, and nothing follows. Needs a writing session.
    """
    briefing = _briefing(session, wanted, now)
    newest = newest_revision(session, briefing.id)
    if newest is not None and withdrawals.is_withdrawn(briefing, newest):
        # By an editor, or by its CMS: not to be brought back by the next save of the story, but by who asks for it.
        return newest, False
    return _correcting(session, briefing, wanted, lambda: _edited(session, briefing, wanted, quiet, now))


def _correcting(
    session: Session, briefing: BriefingRow, wanted: Wanted, record_it: Callable[[], tuple[RevisionRow, bool]]
) -> tuple[RevisionRow, bool]:
    """Return what `record_it` does, and note which revision has what was corrected, where `wanted` says so."""
    if not wanted.corrects:
        return record_it()
    before = corrections.begin(session, briefing, wanted.correction)
    revision, made = record_it()
    corrections.settle(session, briefing, revision, before)
    return revision, made


def _edited(
    session: Session, briefing: BriefingRow, wanted: Wanted, quiet: Quiet, now: datetime
) -> tuple[RevisionRow, bool]:
    """Return the revision that will follow an edit of the articles of `wanted`, and whether it is work of its own: made
    for it, or promoted.

    For what a CMS calls at every save. Where audio is live already, the articles are looked at when no edit came for
    the quiet period, which each further edit begins anew, up to a longest wait; ten edits in a minute are one revision.
    Without audio nothing waits. Needs a writing session.
    """
    newest = newest_revision(session, briefing.id)
    if newest is not None and not wanted.voice_named:
        # A CMS that saves a story has no opinion of the voice that an editor chose.
        wanted = replace(wanted, casting=casting_of(newest))
    now_s = float(session.scalar(database_clock().select()) or 0.0)
    wait_s = float(quiet.seconds) if briefing.heard else 0.0
    until = _saved_s(wanted, now_s, wait_s) + wait_s
    # A poll may find it when that is over.
    wait_s = wait_s if until > now_s else 0.0
    if newest is None or casting_of(newest) != wanted.casting or RevisionState(newest.state) not in ACTIVE:
        return _new(session, briefing, newest, wanted, now, until if wait_s else None), True
    if newest.request["refetch"] and not steps.has_begun(session, newest.id, PREPARING):
        not_before = until if wait_s else None
        promoted = wanted.queue is Queue.INTERACTIVE and promote(session, briefing, newest, wanted.asker, not_before)
        if wait_s:
            steps.put_back(session, newest.id, PREPARING, until, max(0, quiet.longest_s - quiet.seconds))
        return newest, promoted
    # It fetches or has fetched: one more look when it is done, and when the edits are.
    newest.asked_again = True
    newest.look_after = until if wait_s else None
    session.flush()
    return newest, wanted.queue is Queue.INTERACTIVE and promote(session, briefing, newest, wanted.asker)


def _saved_s(wanted: Wanted, now_s: float, wait_s: float) -> float:
    """Return when an edit was saved, in seconds since the epoch: not after now, whatever the CMS's clock says, and not
    before what matters of it.
    """
    said_s = wanted.saved_at.timestamp() if wanted.saved_at is not None else now_s
    return min(now_s, max(said_s, now_s - wait_s))


def retract(session: Session, briefing_id: str, now: datetime, *, remade: bool = False) -> RevisionRow:
    """Withdraw a briefing, whether it was live or not: nothing of it is live, held or being made any more, a step takes
    what is public away and erases what was spoken, and no save of its articles has it made again. Of what is `remade`
    at once, what was said of when its next edition goes live stays said.

    Return the revision that was heard last, or else the newest. Safe to repeat. Needs a writing session.
    """
    briefing = lock_briefing(session, briefing_id)
    kind = StepKind.RECALL if access.was_for_members(session, briefing) else StepKind.WITHDRAW
    give_up_unheard(session, briefing.id, now)
    if briefing.heard is not None:
        move(locked(session, briefing.heard), RevisionState.RETRACTED, now)
        briefing.live_revision = briefing.members_revision = None
    if not remade:
        forget(briefing)
    briefing.corrects_from = None
    withdrawals.note(session, briefing, now)
    newest = newest_revision(session, briefing.id)
    assert newest is not None
    steps.record(session, kind, Queue.INTERACTIVE, revision_id=newest.id)
    if briefing.kind == "story":
        void(session, briefing.id)
        look(session, briefing.articles[0])
    session.flush()
    return newest


def _new(
    session: Session,
    briefing: BriefingRow,
    newest: RevisionRow | None,
    wanted: Wanted,
    now: datetime,
    not_before: float | None = None,
) -> RevisionRow:
    equal = newest is not None and casting_of(newest) == wanted.casting
    finished = newest is not None and newest.state in {RevisionState.HELD, RevisionState.LIVE}
    asked = LOOK if equal and finished else MAKE
    return record(session, briefing, wanted.casting, wanted.queue, asked, wanted.asker, now, not_before)


def _briefing(session: Session, wanted: Wanted, now: datetime) -> BriefingRow:
    """Return the briefing, found or made, locked."""
    by_identity = select(BriefingRow.id).where(BriefingRow.identity == wanted.identity)
    found = session.scalar(by_identity)
    if found is None:
        # In one order for all, as two requests for the same articles in different orders would wait for each other.
        for ref in sorted(wanted.articles, key=str):
            address = wanted.addresses.get(str(ref))
            add_unless_there(session, ArticleRow, source=ref.source, id=ref.id, address=address)
    if wanted.labels is not None:
        tell_labels(session, wanted.articles[0], wanted.labels)
    if found is None:
        add_unless_there(
            session,
            BriefingRow,
            id=secrets.token_hex(8),
            identity=wanted.identity,
            show=wanted.show,
            kind=wanted.kind,
            articles=[str(ref) for ref in wanted.articles],
            created_at=now,
        )
        found = session.scalars(by_identity).one()
    known = session.get_one(BriefingRow, found)
    changed = wishes.note_audience(session, known, wanted.visibility, wanted.paywall)
    embargoed = wanted.embargo is not None and wishes.note_embargo(session, known, wanted.embargo.until)
    briefing = lock_briefing(session, found)
    if wanted.issue is not None:
        # Before a revision of it is recorded, whose settings say for whom it is by its articles.
        briefing.articles = [str(ref) for ref in wanted.articles]
        session.flush()
    if changed:
        access.follow(session, briefing)
    if embargoed:
        access.tell(session, briefing)
        arrange(session, briefing, now)
    return briefing
