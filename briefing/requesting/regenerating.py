"""A caller's wish to have a briefing made anew -> the revision that does so: a new one, or an equal one asked for
moments ago. Fetches nothing and checks no names.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from briefing import steps
from briefing.errors import UnknownReference
from briefing.going_live import corrections
from briefing.models import BriefingRow, RevisionRow, VariationRow
from briefing.requesting.sharing import promote, share
from briefing.revisions import Asker, casting_of, lock_briefing, newest_revision, record
from briefing.speech import Casting
from briefing.states import ACTIVE, PREPARING, Queue, RevisionState

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from briefing.values import Correction

#: Regenerate requests that come this soon after an equal one share its revision even when that has fetched already: a
#: double click, ten clicks, a CMS that says the same thing twice. Since the article may have changed in between, such a
#: revision is followed by another look (see `revisions.conclude`). Later requests get a revision of their own.
SHARE_REGENERATE = timedelta(seconds=2)


@dataclass(frozen=True)
class Again:
    """What a regeneration asks for."""

    voice: str | None
    """Speaks everything; None keeps the voices that the newest revision was asked for with."""
    refetch: bool
    segments: tuple[str, ...]
    """Segments to be read anew."""
    requested_by: str
    requester: str | None = None
    """ID of the key."""
    corrects: bool = False
    """Whether it corrects what is live."""
    correction: Correction | None = None
    queue: Queue | None = None
    """None: as somebody waits for it."""
    fresh: bool = False
    """Whether it is for what changed beside the articles, such as a pronunciation: a revision that is being prepared
    may have read that as it was, and is none for it."""

    def as_request(self) -> dict[str, Any]:
        """What the revision row records, and what equal requests have in common."""
        return {"refetch": self.refetch, "segments": sorted(self.segments)}


def regenerate(session: Session, briefing: BriefingRow, again: Again, now: datetime) -> tuple[RevisionRow, bool]:
    """Return a revision made anew; see `_regenerate`. Note what it corrects. Needs a writing session."""
    if not again.corrects:
        return _regenerate(session, briefing, again, now)
    before = corrections.begin(session, lock_briefing(session, briefing.id), again.correction)
    revision, made = _regenerate(session, briefing, again, now)
    corrections.settle(session, briefing, revision, before)
    return revision, made


def _regenerate(session: Session, briefing: BriefingRow, again: Again, now: datetime) -> tuple[RevisionRow, bool]:
    """Return a revision made anew from the article, or an equal one asked for moments ago, and whether it is work of
    its own: made for it, or promoted.

    Needs a writing session. Raises UnknownReference for a segment that the newest script does not have.
    """
    lock_briefing(session, briefing.id)
    newest = newest_revision(session, briefing.id)
    if newest is None:
        message = f"briefing {briefing.id} has no revision to make again"
        raise UnknownReference(message, code="unknown_briefing")
    casting = Casting(body=again.voice) if again.voice else casting_of(newest)
    equal = casting_of(newest) == casting and newest.request == again.as_request()
    if equal and _just_asked(session, newest, again, now):
        if again.refetch:
            share(session, newest)
        waits = again.queue is not Queue.BULK
        return newest, waits and promote(session, briefing, newest, Asker(again.requested_by, again.requester))
    if again.segments:
        _raise_variations(session, briefing.id, again.segments, _latest_script(session, briefing.id))
    queue = again.queue or (Queue.INTERACTIVE if newest.queue == Queue.BULK else Queue(newest.queue))
    overtaken = RevisionState(newest.state) in ACTIVE and (newest.asked_again or newest.request["refetch"])
    asker = Asker(again.requested_by, again.requester)
    # What is overtaken was to look at the articles; one that keeps their text does so afterwards.
    looks = overtaken and not again.refetch
    revision = record(session, briefing, casting, queue, again.as_request(), asker, now, asked_again=looks)
    return revision, True


def _just_asked(session: Session, revision: RevisionRow, again: Again, now: datetime) -> bool:
    if RevisionState(revision.state) not in ACTIVE:
        return False
    if again.fresh:
        return not steps.has_begun(session, revision.id, PREPARING)
    return revision.prepared_at is None or now - revision.created_at < SHARE_REGENERATE


def _latest_script(session: Session, briefing_id: str) -> dict[str, Any]:
    script = session.scalars(
        select(RevisionRow.script)
        .where(RevisionRow.briefing_id == briefing_id, RevisionRow.script.is_not(None))
        .order_by(RevisionRow.number.desc())
        .limit(1)
    ).first()
    return script or {"segments": []}


def _raise_variations(session: Session, briefing_id: str, segments: tuple[str, ...], script: dict[str, Any]) -> None:
    known = {segment["id"] for segment in script["segments"]}
    if unknown := sorted(set(segments) - known):
        message = f"no such segment in this briefing: {', '.join(unknown)}"
        raise UnknownReference(
            message, code="unknown_segment", hint="GET /v1/briefings/{id}/script lists the segments and their IDs."
        )
    for segment in set(segments):
        row = session.get(VariationRow, (briefing_id, segment))
        if row is None:
            session.add(VariationRow(briefing_id=briefing_id, segment_id=segment, number=1))
        else:
            row.number += 1
