"""Briefings and their revisions: ask for one, share an equal one, fail, supersede.

The rules about which requests are equal live here, inside the transaction that records the work, so that
twenty requests at once make one revision. Fetches nothing and speaks nothing.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from briefing import steps
from briefing.errors import BriefcastError, UnknownReference
from briefing.hashing import stable_hash
from briefing.models import ArticleRow, BriefingRow, RevisionRow, ShowRow, VariationRow
from briefing.states import ACTIVE, Queue, RevisionState, StepKind, may_follow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from briefing.values import ArticleRef

#: Regenerate requests that come this soon after an equal one share its revision even when that has fetched already: a
#: double click, ten clicks, a CMS that says the same thing twice. Since the article may have changed in between, such a
#: revision is followed by another look (see `follow_up`). Later requests get a revision of their own.
SHARE_REGENERATE = timedelta(seconds=2)


@dataclass(frozen=True)
class Wanted:
    """What a caller asks for, already checked against shows, sources and voices."""

    show: str
    kind: str
    articles: tuple[ArticleRef, ...]
    voice: str
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
    """None keeps the voice of the newest revision, whose narrator is pinned."""
    refetch: bool
    segments: tuple[str, ...]
    """Segments to be read anew."""
    requested_by: str

    def as_request(self) -> dict[str, Any]:
        """What the revision row records, and what equal requests have in common."""
        return {"refetch": self.refetch, "segments": sorted(self.segments)}


def request(session: Session, wanted: Wanted, now: datetime) -> tuple[RevisionRow, bool]:
    """Return the revision that answers `wanted`, and whether it was made for it.

    An equal revision that is being made, held or live is shared. Needs a writing session.
    """
    briefing = _briefing(session, wanted, now)
    newest = newest_revision(session, briefing.id)
    if newest is not None and newest.voice == wanted.voice and _counts(newest):
        return newest, False
    return _record(session, briefing, wanted.voice, wanted.queue, {"refetch": True, "segments": []},
                   wanted.requested_by, now), True  # fmt: skip


def regenerate(session: Session, briefing: BriefingRow, again: Again, now: datetime) -> tuple[RevisionRow, bool]:
    """Return a revision made anew from the article, or an equal one asked for moments ago.

    Needs a writing session. Raises UnknownReference for a segment that the newest script does not have.
    """
    _lock(session, briefing)
    newest = newest_revision(session, briefing.id)
    if newest is None:
        message = f"briefing {briefing.id} has no revision to make again"
        raise UnknownReference(message, code="unknown_briefing")
    voice = again.voice or newest.voice
    if newest.voice == voice and newest.request == again.as_request() and _just_asked(newest, now):
        newest.asked_again = newest.prepared_at is not None and again.refetch
        return newest, False
    if again.segments:
        _raise_variations(session, briefing.id, again.segments, _latest_script(session, briefing.id))
    queue = Queue.INTERACTIVE if newest.queue == Queue.BULK else Queue(newest.queue)
    return _record(session, briefing, voice, queue, again.as_request(), again.requested_by, now), True


def follow_up(session: Session, revision: RevisionRow, now: datetime) -> RevisionRow | None:
    """Return the revision that looks at the article once more, when `revision` was shared after it had fetched.

    Needs a writing session. Where nothing has changed it speaks and encodes nothing.
    """
    if not revision.asked_again:
        return None
    briefing = session.get_one(BriefingRow, revision.briefing_id)
    newest = newest_revision(session, briefing.id)
    if newest is None or newest.id != revision.id:
        return None
    asked = {"refetch": True, "segments": []}
    return _record(session, briefing, revision.voice, Queue(revision.queue), asked, revision.requested_by, now)


def _counts(revision: RevisionRow) -> bool:
    return RevisionState(revision.state) in ACTIVE | {RevisionState.HELD, RevisionState.LIVE}


def _just_asked(revision: RevisionRow, now: datetime) -> bool:
    if RevisionState(revision.state) not in ACTIVE:
        return False
    return revision.prepared_at is None or now - revision.created_at < SHARE_REGENERATE


def _briefing(session: Session, wanted: Wanted, now: datetime) -> BriefingRow:
    for ref in wanted.articles:
        if session.get(ArticleRow, (ref.source, ref.id)) is None:
            session.add(ArticleRow(source=ref.source, id=ref.id, address=wanted.addresses.get(str(ref))))
    row = session.scalars(select(BriefingRow).where(BriefingRow.identity == wanted.identity).with_for_update()).first()
    if row is None:
        row = BriefingRow(
            id=secrets.token_hex(8),
            identity=wanted.identity,
            show=wanted.show,
            kind=wanted.kind,
            articles=[str(ref) for ref in wanted.articles],
            created_at=now,
        )
        session.add(row)
        session.flush()
    return row


def _lock(session: Session, briefing: BriefingRow) -> None:
    """Serialise requests for one briefing (a no-op on SQLite, whose writers are serial already)."""
    session.execute(select(BriefingRow.id).where(BriefingRow.id == briefing.id).with_for_update())


def _record(  # noqa: PLR0913  the columns of a new row
    session: Session,
    briefing: BriefingRow,
    voice: str,
    queue: Queue,
    asked: dict[str, Any],
    requested_by: str,
    now: datetime,
) -> RevisionRow:
    newest = newest_revision(session, briefing.id)
    number = newest.number + 1 if newest else 1
    supersede_unfinished(session, briefing.id, number, now)
    show = session.get_one(ShowRow, briefing.show)
    revision = RevisionRow(
        briefing_id=briefing.id,
        number=number,
        state=RevisionState.PREPARING.value,
        queue=queue.value,
        voice=voice,
        request=asked,
        show=show.settings,
        requested_by=requested_by,
        created_at=now,
    )
    session.add(revision)
    session.flush()
    steps.record(session, StepKind.PREPARE, queue, revision_id=revision.id)
    session.flush()
    return revision


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


def newest_revision(session: Session, briefing_id: str) -> RevisionRow | None:
    """Return the briefing's revision of the highest number."""
    return session.scalars(
        select(RevisionRow).where(RevisionRow.briefing_id == briefing_id).order_by(RevisionRow.number.desc()).limit(1)
    ).first()


def supersede_unfinished(session: Session, briefing_id: str, number: int, now: datetime) -> None:
    """Stop revisions older than `number` that are not live: the newest request wins."""
    older = session.scalars(
        select(RevisionRow).where(
            RevisionRow.briefing_id == briefing_id,
            RevisionRow.number < number,
            RevisionRow.state.in_([state.value for state in ACTIVE | {RevisionState.HELD}]),
        )
    )
    for revision in older:
        move(revision, RevisionState.SUPERSEDED, now)
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
    if state not in ACTIVE:
        revision.finished_at = now


def fail(session: Session, revision_id: int, error: BriefcastError, now: datetime) -> None:
    """Fail a revision with a reason that people read, and cancel its other steps. What is live stays live."""
    revision = session.get_one(RevisionRow, revision_id)
    if RevisionState(revision.state) not in ACTIVE:
        return
    move(revision, RevisionState.FAILED, now)
    revision.error_code, revision.error_message, revision.error_hint = error.code, error.message, error.hint
    steps.cancel(session, revision_id, error.code)


def chunk_spoken(session: Session, revision_id: int, seconds: float) -> int:
    """Count one more chunk as spoken and return how many are left; locks the row, so that exactly one caller sees 0."""
    left = session.execute(
        update(RevisionRow)
        .where(RevisionRow.id == revision_id)
        .values(chunks_left=RevisionRow.chunks_left - 1, spoken_s=RevisionRow.spoken_s + seconds)
        .returning(RevisionRow.chunks_left)
        .execution_options(synchronize_session=False)
    ).scalar_one()
    return int(left)
