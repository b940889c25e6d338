"""Digests as rows: recorded, armed for their next time, asked for.

Which stories are in one is `briefing.digesting.choosing`'s, what becomes of it as they change
`briefing.digesting.issues`'s; what is read
of them is the worker's. Rows of digests and issues are locked after all others ("the rest").
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import exists, func, or_, select, update

from briefing import steps
from briefing.digesting.choosing import choose, story_of
from briefing.digesting.digest import DIGEST, Digest
from briefing.digesting.issues import put_stories
from briefing.errors import NothingToDigest, UnknownReference
from briefing.going_live.holds import CORRECTION
from briefing.models import BriefingRow, DigestRow, IssueRow, RevisionRow, StepRow
from briefing.observing import events
from briefing.podcasts.shows import listed_shows
from briefing.requesting import asking
from briefing.requesting.asking import Wanted
from briefing.sql.rows import add_unless_there
from briefing.states import Queue, StepKind, StepState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from briefing.digesting.digest import Due
    from briefing.podcasts.show import Show
    from briefing.revisions import Asker
    from briefing.speech import Casting
    from briefing.values import ArticleRef

#: From when on stories are in a digest: without one before it, and at most.
_FIRST = timedelta(days=1)
_LONGEST = timedelta(days=7)

#: Why a time went by without a digest.
LATE, NOTHING = "late", "nothing"


def listed_digests(session: Session) -> dict[str, Digest]:
    """Return the listed digests by slug, in the order of the settings file."""
    rows = session.scalars(select(DigestRow).where(DigestRow.listed).order_by(DigestRow.position))
    return {row.slug: Digest.stored(row.settings) for row in rows}


def find_digest(session: Session, slug: str) -> tuple[Digest, Show]:
    """Return a digest and its show. Raises UnknownReference."""
    known = listed_digests(session)
    shows = listed_shows(session)
    if slug not in known or known[slug].show not in shows:
        message = f"there is no digest {slug!r}"
        hint = f"Known digests: {', '.join(known) or 'none; name them in briefcast.toml'}."
        raise UnknownReference(message, code="unknown_digest", hint=hint)
    return known[slug], shows[known[slug].show]


def put_digests(session: Session, digests: Sequence[Digest], now: datetime) -> tuple[str, ...]:
    """Record the newsroom's digests and arm them; return those that changed. Needs a writing session."""
    changed = [digest.slug for position, digest in enumerate(digests) if _put(session, position, digest, now)]
    gone = select(DigestRow).where(DigestRow.listed, DigestRow.slug.not_in([digest.slug for digest in digests]))
    for row in session.scalars(gone.with_for_update()):
        row.listed = False
        _disarm(session, row)
    session.flush()
    return tuple(changed)


def _put(session: Session, position: int, digest: Digest, now: datetime) -> bool:
    settings = digest.model_dump(mode="json")
    add_unless_there(session, DigestRow, slug=digest.slug, position=position, settings={}, listed=False)
    row = session.get_one(DigestRow, digest.slug, with_for_update=True, populate_existing=True)
    changed = row.settings != settings or not row.listed
    row.position = position
    if changed:
        row.settings, row.listed = settings, True
        arm(session, row, now)
    return changed


def arm(session: Session, row: DigestRow, now: datetime) -> Due | None:
    """Have a locked digest made at its next time after `now`, and at no other that was waited for. Return that time."""
    _disarm(session, row)
    due = Digest.stored(row.settings).due_after(now)
    if due is not None:
        payload = {"digest": row.slug, "issue": due.issue, "due": due.moment.isoformat()}
        not_before = due.moment.timestamp()
        step = steps.record(session, StepKind.DIGEST, Queue.INTERACTIVE, payload=payload, not_before=not_before)
        session.flush()
        row.step_id, row.due_at = step.id, due.moment
        events.note(session, "digest armed", digest=row.slug, due=due.moment.isoformat())
    session.flush()
    return due


def _disarm(session: Session, row: DigestRow) -> None:
    """Call off what waits for a time. Where a worker has it in hand, that one finds that it is not meant any more."""
    session.execute(
        update(StepRow)
        .where(StepRow.id == row.step_id, StepRow.state == StepState.READY.value)
        .values(state=StepState.DONE.value, fence=StepRow.fence + 1)
    )
    row.step_id, row.due_at = None, None


def armed(session: Session, slug: str, step_id: int) -> DigestRow | None:
    """Return a digest, locked, if it is this step that waits for its time; else None."""
    row = session.get(DigestRow, slug, with_for_update=True, populate_existing=True)
    return row if row is not None and row.listed and row.step_id == step_id else None


def skipped(session: Session, row: DigestRow, due: datetime, why: str) -> None:
    """Note that a digest was not made at its time, and say so."""
    row.skipped_at, row.skipped_why = due, why
    events.note(session, "digest skipped", digest=row.slug, due=due.isoformat(), why=why)


def go_on(session: Session, step: StepRow, code: str, now: datetime) -> None:
    """Arm a digest anew whose step was given up with an error code: its next time is none the worse for it. Its workers
    may have died after they had asked for it: then it was not skipped.
    """
    row = armed(session, step.payload["digest"], step.id)
    if row is not None:
        due = datetime.fromisoformat(step.payload["due"])
        asked = exists().where(IssueRow.digest == row.slug, IssueRow.moment >= due)
        if not session.scalar(select(asked)):
            skipped(session, row, due, code)
        arm(session, row, max(now, due))


def request(  # noqa: PLR0913  a digest, when, and who asks
    session: Session, digest: Digest, show: Show, due: Due, default_voice: str, asker: Asker, now: datetime
) -> tuple[RevisionRow, bool]:
    """Ask for a digest's issue with what its rules choose now; return the revision that answers, and whether it is work
    of its own. Needs a writing session. Raises NothingToDigest.
    """
    refs = choose(session, digest, show, since(session, digest, due.issue, now), now)
    if not refs:
        message = f"there is no story for the digest {digest.slug!r}"
        raise NothingToDigest(message)
    revision, made = ask(session, digest, show, due.issue, refs, show.casting(default_voice), asker, now)
    row = session.get_one(DigestRow, digest.slug, with_for_update=True, populate_existing=True)
    row.made_at = now
    issue = session.get_one(IssueRow, (digest.slug, due.issue), with_for_update=True, populate_existing=True)
    issue.moment, issue.stories_until, issue.remake = due.moment, now, False
    session.flush()
    return revision, made


def ask(  # noqa: PLR0913  what is wanted, and by whom
    session: Session,
    digest: Digest,
    show: Show,
    issue: str,
    refs: Sequence[ArticleRef],
    casting: Casting,
    asker: Asker,
    now: datetime,
) -> tuple[RevisionRow, bool]:
    """Ask for an issue of these articles; as `request` otherwise."""
    wanted = Wanted(
        show=show.slug,
        kind=DIGEST,
        articles=tuple(refs),
        casting=casting,
        queue=Queue.INTERACTIVE,
        requested_by=asker.name,
        requester=asker.key_id,
        voice_named=False,
        issue=f"{digest.slug}/{issue}",
    )
    revision, made = asking.request(session, wanted, now)
    first = {"briefing_id": revision.briefing_id, "moment": now, "stories_until": now, "remake": False}
    add_unless_there(session, IssueRow, digest=digest.slug, issue=issue, **first)
    put_stories(session, revision.briefing_id, [str(ref) for ref in refs])
    return revision, made


def since(session: Session, digest: Digest, issue: str, now: datetime) -> datetime:
    """Return from when on stories are for an issue that is made at `now`."""
    if digest.rules.hours is not None:
        return now - timedelta(hours=digest.rules.hours)
    heard = or_(BriefingRow.live_revision.is_not(None), BriefingRow.members_revision.is_not(None))
    last = session.scalar(
        select(func.max(IssueRow.stories_until))
        .join(BriefingRow, BriefingRow.id == IssueRow.briefing_id)
        # The stories of one that nobody heard are new still.
        .where(IssueRow.digest == digest.slug, IssueRow.issue < issue, heard)
    )
    return max(last, now - _LONGEST) if last is not None else now - _FIRST


def was_corrected(session: Session, briefing: BriefingRow, refs: Sequence[ArticleRef], show: Show) -> bool:
    """Tell whether a story of an issue was corrected since what is heard of the issue was asked for."""
    heard = session.get(RevisionRow, briefing.heard) if briefing.heard is not None else None
    if heard is None:
        return False
    stories = [story.id for ref in refs if (story := story_of(session, ref, show)) is not None]
    corrected = select(RevisionRow.id).where(
        RevisionRow.briefing_id.in_(stories),
        RevisionRow.replaces == CORRECTION,
        RevisionRow.live_at > heard.created_at,
    )
    return session.scalar(corrected.limit(1)) is not None
