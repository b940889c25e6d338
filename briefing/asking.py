"""A caller's request -> the revision that answers it: a new one, or an equal one that is shared.

The rules about which requests are equal live here, inside the transaction that records the work, so that twenty
requests at once make one revision. Fetches nothing and checks no names.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from briefing import steps
from briefing.errors import UnknownReference
from briefing.hashing import stable_hash
from briefing.models import ArticleRow, BriefingRow, RevisionRow, VariationRow
from briefing.revisions import LOOK, MAKE, casting_of, lock_briefing, newest_revision, record
from briefing.rows import add_unless_there
from briefing.speech import Casting
from briefing.states import ACTIVE, Queue, RevisionState, StepKind

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from briefing.values import ArticleRef

#: Regenerate requests that come this soon after an equal one share its revision even when that has fetched already: a
#: double click, ten clicks, a CMS that says the same thing twice. Since the article may have changed in between, such a
#: revision is followed by another look (see `revisions.conclude`). Later requests get a revision of their own.
SHARE_REGENERATE = timedelta(seconds=2)


@dataclass(frozen=True)
class Wanted:
    """What a caller asks for, already checked against shows, sources and voices."""

    show: str
    kind: str
    articles: tuple[ArticleRef, ...]
    casting: Casting
    queue: Queue
    requested_by: str
    addresses: dict[str, str] = field(default_factory=dict)
    """Web addresses by "source:id", for articles of address sources."""

    @property
    def identity(self) -> str:
        """Hash of home show, kind and ordered articles: the briefing's identity."""
        return stable_hash("briefing/1", self.show, self.kind, [str(ref) for ref in self.articles])


@dataclass(frozen=True)
class Again:
    """What a regeneration asks for."""

    voice: str | None
    """Speaks everything; None keeps the voices that the newest revision was asked for with."""
    refetch: bool
    segments: tuple[str, ...]
    """Segments to be read anew."""
    requested_by: str

    def as_request(self) -> dict[str, Any]:
        """What the revision row records, and what equal requests have in common."""
        return {"refetch": self.refetch, "segments": sorted(self.segments)}


def request(session: Session, wanted: Wanted, now: datetime) -> tuple[RevisionRow, bool]:
    """Return the revision that answers `wanted`, and whether it was made for it.

    An equal one that is being made is shared. Where an equal one is held or live, the articles may have changed since:
    the new revision only looks, and if they have not, it ends as unchanged and the equal one counts. Needs a writing
    session.
    """
    briefing = _briefing(session, wanted, now)
    newest = newest_revision(session, briefing.id)
    equal = newest is not None and casting_of(newest) == wanted.casting
    if newest is not None and equal and RevisionState(newest.state) in ACTIVE:
        _share(session, newest)
        return newest, False
    finished = newest is not None and newest.state in {RevisionState.HELD, RevisionState.LIVE}
    asked = LOOK if equal and finished else MAKE
    return record(session, briefing, wanted.casting, wanted.queue, asked, wanted.requested_by, now), True


def regenerate(session: Session, briefing: BriefingRow, again: Again, now: datetime) -> tuple[RevisionRow, bool]:
    """Return a revision made anew from the article, or an equal one asked for moments ago.

    Needs a writing session. Raises UnknownReference for a segment that the newest script does not have.
    """
    lock_briefing(session, briefing.id)
    newest = newest_revision(session, briefing.id)
    if newest is None:
        message = f"briefing {briefing.id} has no revision to make again"
        raise UnknownReference(message, code="unknown_briefing")
    casting = Casting(body=again.voice) if again.voice else casting_of(newest)
    if casting_of(newest) == casting and newest.request == again.as_request() and _just_asked(newest, now):
        if again.refetch:
            _share(session, newest)
        return newest, False
    if again.segments:
        _raise_variations(session, briefing.id, again.segments, _latest_script(session, briefing.id))
    queue = Queue.INTERACTIVE if newest.queue == Queue.BULK else Queue(newest.queue)
    overtaken = RevisionState(newest.state) in ACTIVE and (newest.asked_again or newest.request["refetch"])
    revision = record(session, briefing, casting, queue, again.as_request(), again.requested_by, now)
    # What is overtaken was to look at the articles; one that keeps their text does so afterwards.
    revision.asked_again = overtaken and not again.refetch
    return revision, True


def _share(session: Session, revision: RevisionRow) -> None:
    """Note that an equal request came; unless it is still to fetch, the articles need another look afterwards."""
    if not revision.request["refetch"] or steps.has_begun(session, revision.id, StepKind.PREPARE):
        revision.asked_again = True


def _just_asked(revision: RevisionRow, now: datetime) -> bool:
    if RevisionState(revision.state) not in ACTIVE:
        return False
    return revision.prepared_at is None or now - revision.created_at < SHARE_REGENERATE


def _briefing(session: Session, wanted: Wanted, now: datetime) -> BriefingRow:
    """Return the briefing, found or made, locked."""
    by_identity = select(BriefingRow.id).where(BriefingRow.identity == wanted.identity)
    found = session.scalar(by_identity)
    if found is None:
        # In one order for all, as two requests for the same articles in different orders would wait for each other.
        for ref in sorted(wanted.articles, key=str):
            address = wanted.addresses.get(str(ref))
            add_unless_there(session, ArticleRow, source=ref.source, id=ref.id, address=address)
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
    return lock_briefing(session, found)


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
