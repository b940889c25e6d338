"""The `digest` step: a digest is made at its time; its issues follow what becomes of their stories.

A story that is corrected has today's issues look again. One that is withdrawn, or not for everybody any more, has every
issue with it withdrawn at once, and made again without it. Safe to repeat: what was asked for already is shared.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from briefing import steps
from briefing.accounts import audit
from briefing.accounts.audit import Action
from briefing.digesting import digests, issues
from briefing.digesting.choosing import story_of
from briefing.digesting.digest import DIGEST
from briefing.errors import NothingToDigest, PutOff
from briefing.failpoints import Failpoint, reach
from briefing.going_live import corrections
from briefing.going_live.holds import forget
from briefing.models import DigestRow, IssueRow, IssueStoryRow, RevisionRow, ShowRow, StepRow
from briefing.observing.logs import get_logger
from briefing.podcasts.show import Show
from briefing.requesting import asking
from briefing.revisions import Asker, casting_of, lock_briefing, newest_revision
from briefing.states import ACTIVE, PREPARING, Queue, RevisionState, StepKind, StepState
from briefing.values import ArticleRef

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from briefing.digesting.digest import Digest, Due
    from briefing.models import BriefingRow
    from briefing.steps import Lease
    from worker.workplace import Workplace

#: Whose work is what nobody asked for.
SCHEDULE = Asker("schedule")

#: Seconds until a digest whose withdrawal is under way, or waits to be tried again, is looked at again.
_SOON_S, _LATER_S = 0.5, 30.0

_WITHDRAWING = [StepKind.WITHDRAW.value, StepKind.RECALL.value]
_OVER = [StepState.DONE.value, StepState.DEAD.value]
_MAY_BE_HEARD = ACTIVE | {RevisionState.HELD}

_log = get_logger("digest")


def see_to_digests(lease: Lease, place: Workplace) -> None:
    """Do what the step's payload names."""
    told = lease.payload
    if "digest" in told:
        _at_its_time(lease, place, datetime.now(UTC))
        return
    if "again" in told:
        _again(lease, place)
        return
    with place.database.reading() as session:
        articles = [told["article"]] if "article" in told else issues.articles_of_show(session, told["show"])
        found = sorted({id_ for article in articles for id_ in issues.issues_with(session, article)})
    for briefing_id in found:
        with place.database.writing() as session:
            _review(session, lock_briefing(session, briefing_id), datetime.now(UTC))
            reach(Failpoint.DIGEST_REVIEWED)
    with place.database.writing() as session:
        steps.finish(session, lease)


def _at_its_time(lease: Lease, place: Workplace, now: datetime) -> None:
    slug, due = lease.payload["digest"], datetime.fromisoformat(lease.payload["due"])
    # By the database's clock it is time, whatever ours says.
    now = max(now, due)
    why: str | None = None
    with place.database.reading() as session:
        row = session.get(DigestRow, slug)
        meant = row is not None and row.listed and row.step_id == lease.step_id
        digest, show = digests.find_digest(session, slug) if meant else (None, None)
    if digest is None or show is None:
        with place.database.writing() as session:
            steps.finish(session, lease)
        return
    last = digest.due_before(now)
    if last is None or now - last.moment > timedelta(hours=digest.late_hours):
        why = digests.LATE
    else:
        try:
            with place.database.writing() as session:
                digests.request(session, digest, show, last, place.speakers.default_voice, SCHEDULE, now)
        except NothingToDigest:
            why = digests.NOTHING
    reach(Failpoint.DIGEST_ASKED)
    with place.database.writing() as session:
        row = digests.armed(session, slug, lease.step_id)
        if not steps.finish(session, lease) or row is None:
            return
        _say_missed(session, row, digest, due, last, why)
        digests.arm(session, row, now)
        reach(Failpoint.DIGEST_ARMED)


def _say_missed(
    session: Session, row: DigestRow, digest: Digest, due: datetime, last: Due | None, why: str | None
) -> None:
    """Note and say what was due meanwhile and was not made."""
    moment = last.moment if last is not None else due
    missed = digest.missed(due, moment) + (why == digests.LATE)
    if missed:
        _log.warning("digest missed", digest=row.slug, times=missed, hint="Nothing ran when it was due.")
    if why is not None:
        digests.skipped(session, row, moment, why)


def _review(session: Session, briefing: BriefingRow, now: datetime) -> None:
    """Look whether a locked issue still says what its stories do, for those who may hear them."""
    newest = newest_revision(session, briefing.id)
    being_made = newest is not None and RevisionState(newest.state) in _MAY_BE_HEARD
    if newest is None or not (being_made or briefing.heard is not None):
        return
    issue, digest = issues.issue_of(session, briefing.id)
    show = Show.stored(session.get_one(ShowRow, briefing.show).settings)
    noted = session.scalars(select(IssueStoryRow.article).where(IssueStoryRow.briefing_id == briefing.id)).all()
    gone = [article for article in noted if story_of(session, ArticleRef.parse(article), show) is None]
    if gone:
        _log.warning("digest withdrawn for a story's sake", briefing=briefing.id, articles=gone)
        # An editor's hold or time is the issue's, whichever stories are in it.
        number = asking.retract(session, briefing.id, now, remade=True).number
        locked = session.get_one(IssueRow, (issue.digest, issue.issue), with_for_update=True, populate_existing=True)
        locked.remake = True
        steps.record(session, StepKind.DIGEST, Queue.INTERACTIVE, payload={"again": briefing.id})
        detail = ", ".join(gone)
        audit.record(
            session, now, Action.RETRACT, None, briefing=briefing.id, revision=number, detail=detail, by=DIGEST
        )
    elif issue.issue.startswith(digest.day_of(now).isoformat()):
        _follow(session, briefing, newest, issue, digest, show, now)


def _follow(  # noqa: PLR0913  an issue, and what it is
    session: Session,
    briefing: BriefingRow,
    newest: RevisionRow,
    issue: IssueRow,
    digest: Digest,
    show: Show,
    now: datetime,
) -> None:
    """Have a locked issue say what its stories say by now. Where one was corrected since it was made, what is heard of
    it is corrected too: its old address leads on, as a story's does.
    """
    refs = [ArticleRef.parse(article) for article in briefing.articles]
    corrects = digests.was_corrected(session, briefing, refs, show)
    before = corrections.begin(session, briefing, None) if corrects else None
    revision, made = digests.ask(session, digest, show, issue.issue, refs, casting_of(newest), SCHEDULE, now)
    if not made and steps.has_begun(session, revision.id, PREPARING):
        # It may have read the story as it was.
        revision.asked_again = True
        session.flush()
    if corrects:
        corrections.settle(session, briefing, revision, before)


def _again(lease: Lease, place: Workplace) -> None:
    """Make an issue again that was withdrawn for a story's sake, once all that was public of it has gone: else what is
    withdrawn would be taken for what is live.
    """
    briefing_id = lease.payload["again"]
    with place.database.reading() as session:
        under_way = (
            select(StepRow.not_before)
            .join(RevisionRow, RevisionRow.id == StepRow.revision_id)
            .where(RevisionRow.briefing_id == briefing_id)
            .where(StepRow.kind.in_(_WITHDRAWING), StepRow.state.not_in(_OVER))
        )
        found = session.execute(under_way.limit(1)).first()
        if found is not None:
            message = "the digest is being withdrawn"
            # What workers died of comes again, but not soon.
            delay_s = _SOON_S if found.not_before is None else _LATER_S
            raise PutOff(message, code="withdrawal_under_way", hint="It is made again then.", delay_s=delay_s)
    now = datetime.now(UTC)
    with place.database.writing() as session:
        briefing = lock_briefing(session, briefing_id)
        issue, digest = issues.issue_of(session, briefing_id)
        show = Show.stored(session.get_one(ShowRow, briefing.show).settings)
        refs = [ArticleRef.parse(article) for article in briefing.articles]
        left = [ref for ref in refs if story_of(session, ref, show) is not None]
        newest = newest_revision(session, briefing_id)
        if issue.remake and left and newest is not None:
            digests.ask(session, digest, show, issue.issue, left, casting_of(newest), SCHEDULE, now)
            issues.settle_stories(session, briefing)
        elif issue.remake:
            # It stays withdrawn: what was said of its next edition is said of none.
            forget(briefing)
        issue.remake = False
        reach(Failpoint.DIGEST_REMADE)
    # Of no revision, so it comes apart: its row is not locked among those of one.
    with place.database.writing() as session:
        steps.finish(session, lease)
