"""A sighting -> what follows: audio is made, made again, moved, put live, withdrawn; or nothing, which is the rule.

The one place where a change in a CMS becomes work, whether a webhook, a poll or an import found it, so that each of
them twice, late or in any order ends the same. Asks no CMS and fetches no text.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from briefing import revisions
from briefing.accounts import audit
from briefing.accounts.audit import Action
from briefing.articles.picks import tell_labels
from briefing.errors import UnknownReference
from briefing.failpoints import Failpoint, reach
from briefing.following import connections, last_seen
from briefing.going_live import access, corrections, editions, wishes
from briefing.going_live.other_editions import correct_collections
from briefing.going_live.taking_back import take_back, took_back
from briefing.going_live.withdrawals import is_withdrawn
from briefing.models import ArticleRow, BriefingRow, ShowRow
from briefing.podcasts.show import Show
from briefing.podcasts.shows import home_show
from briefing.requesting import asking
from briefing.requesting.asking import Wanted
from briefing.revisions import casting_of, newest_revision
from briefing.states import Queue, RevisionState
from briefing.values import ArticleRef

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from briefing.articles.labels import Labels
    from briefing.following.sightings import Corrected, Seen

#: Seconds between two looks at what should be public by now and is not yet.
_LATE_S = 2.0

#: How long after its save a correction is looked for that a process of before may have taken for an update.
_MISSED = timedelta(days=1)


@dataclass(frozen=True)
class Desk:
    """Whose change it is, and what is needed to have it narrated."""

    source: str
    voice: str
    """Of shows that name none."""
    began_at: datetime
    """When the source was connected."""
    queue: Queue = Queue.INTERACTIVE
    back_catalogue: bool = False
    """Whether what is older than the connection is narrated too."""

    @property
    def by(self) -> str:
        """Who asks, as it is shown."""
        return f"source {self.source}"


def notice(
    session: Session, desk: Desk, seen: Seen, now: datetime, *, text: bool = True, saved: bool = False
) -> str | None:
    """Record what follows from how an article stands; return it in a word, None for nothing. Without `text`, neither
    what it says can have changed nor whether it is published; `saved`, what it says may have, though no moment and no
    hash says so. Needs a writing session.

    Raises UnknownReference where there is no show.
    """
    ref = ArticleRef(source=desk.source, id=seen.id)
    if not text:
        # Who tells of something else says nothing of a correction.
        seen = seen.model_copy(update={"correction": None})
    # Before all others, as webhooks do.
    connections.locked(session, desk.source, now)
    known = last_seen.locked(session, ref)
    if not text and known is not None and known.state != "published":
        # What is for others now is not published for that.
        known.visibility = seen.visibility or known.visibility
        _see(session, ref, seen)
        return None
    before = None if known is None else (known.state, known.updated_at, known.text_hash)
    withdrew = known is not None and known.withdrew
    row = last_seen.keep(session, ref, known, seen, now)
    done = None
    if row.state == "gone":
        if take_back(session, desk.by, ref, _stories(session, ref), now):
            row.withdrew, done = True, "withdrawn"
    else:
        if row.state == "scheduled" and take_back(session, desk.by, ref, (), now, heard=True):
            withdrew, done = True, "withdrawn"
        changed = text and (saved or last_seen.has_changed(before, row))
        new = _is_new(desk, seen, before)
        if before is not None and before[1] == row.updated_at:
            # Edited, and not dated anew, as feeds have it: nobody knows when it was saved.
            seen = seen.model_copy(update={"updated_at": None})
        done = _follow(session, desk, ref, seen, now, changed=changed, new=new, back=withdrew) or done
        row.withdrew = False
        if before is not None and before[0] == "scheduled" and row.state == "published":
            for story in _stories(session, ref):
                done = "published" if _put_live(session, desk, story.id, now) else done
    if row.state == "scheduled" and seen.scheduled_at is not None:
        # Its CMS publishes it then, a second later or two: looked at until it has.
        connections.look_at(session, desk.source, seen.id, due_at=max(seen.scheduled_at.timestamp(), _soon(now, seen)))
    session.flush()
    reach(Failpoint.POLL_NOTICED)
    return done


def _soon(now: datetime, seen: Seen) -> float:
    late_s = (now - seen.scheduled_at).total_seconds() if seen.scheduled_at else 0.0
    return 0.0 if late_s < 0 else now.timestamp() + (_LATE_S if late_s < 60 else 60.0)  # noqa: PLR2004  a minute


def missed(session: Session, source: str, seen: Seen, now: datetime) -> bool:
    """Tell whether a correction that was saved lately has come to nothing, though the article is as it was seen: a
    process of before, which knows of none, saw it first. What was tagged longer ago is no news.
    """
    if not seen.correction or seen.state == "gone" or seen.wanted is False or seen.updated_at is None:
        return False
    if seen.updated_at < now - _MISSED:
        return False
    stories = _stories(session, ArticleRef(source=source, id=seen.id))
    return any(
        _corrected(seen, story) and not is_withdrawn(story, newest_revision(session, story.id)) for story in stories
    )


def _is_new(desk: Desk, seen: Seen, before: tuple[str, datetime | None, str | None] | None) -> bool:
    """Tell whether an article without audio is to have some: it is wanted, or was published since we look."""
    if seen.wanted or desk.back_catalogue or (before is not None and before[0] != "published"):
        return True
    if seen.state == "scheduled":
        return True
    return seen.published_at is not None and seen.published_at >= desk.began_at


def _follow(  # noqa: PLR0913  what is known of the change
    session: Session, desk: Desk, ref: ArticleRef, seen: Seen, now: datetime, *, changed: bool, new: bool, back: bool
) -> str | None:
    stories = _stories(session, ref)
    done = None
    if not stories and seen.correction:
        # What tells it without a story of its own hears of it nowhere else.
        done = "recorded" if correct_collections(session, ref, seen.correction, desk.by, now) else None
    if not stories and not new:
        _see(session, ref, seen)
        return done
    told: dict[str, BriefingRow | None] = {story.show: story for story in stories} or {_home(session, ref): None}
    # Not what an editor withdrew, in one show while it was heard in another.
    theirs = {story.id for story in stories if back and took_back(session, desk.by, story)}
    if changed or not stories or back or any(_corrected(seen, story) for story in stories):
        for slug, story in told.items():
            again = story is not None and story.id in theirs
            done = _narrate(session, desk, ref, seen, slug, now, story=story, back=again) or done
    else:
        _see(session, ref, seen)
    if seen.correction is False:
        for story in stories:
            if corrections.is_said(story):
                corrections.said_no_more(revisions.lock_briefing(session, story.id))
    return done


def _corrected(seen: Seen, story: BriefingRow | None) -> Corrected | None:
    """Return the correction that its CMS tells of, if it did not do so of the state before."""
    return seen.correction if seen.correction and not corrections.is_known(story, seen.correction) else None


def _narrate(  # noqa: PLR0913  as above
    session: Session,
    desk: Desk,
    ref: ArticleRef,
    seen: Seen,
    slug: str,
    now: datetime,
    *,
    story: BriefingRow | None,
    back: bool,
) -> str | None:
    show = Show.stored(session.get_one(ShowRow, slug).settings)
    corrected = _corrected(seen, story)
    heard = back or (story is not None and story.heard is not None)
    wanted = Wanted(
        show=slug,
        kind="story",
        articles=(ref,),
        casting=show.casting(desk.voice),
        queue=desk.queue,
        requested_by=desk.by,
        voice_named=False,
        labels=seen.labels if _says(seen.labels) else None,
        visibility=seen.visibility,
        addresses={str(ref): seen.address} if seen.address else {},
        saved_at=seen.updated_at,
        corrects=corrected is not None,
        correction=corrections.of_cms(corrected, show, now, heard=heard) if corrected else None,
    )
    if back:
        revision, made = asking.request(session, _as_before(session, wanted), now)
    else:
        revision, made = asking.edited(session, wanted, show.quiet, now)
    if made:
        audit.record(
            session, now, Action.SAVE, None, briefing=revision.briefing_id, revision=revision.number, by=desk.by
        )
    return "recorded" if made else None


def _as_before(session: Session, wanted: Wanted) -> Wanted:
    """Return what is wanted with the voices it had."""
    found = session.scalar(select(BriefingRow.id).where(BriefingRow.identity == wanted.identity))
    newest = newest_revision(session, found) if found is not None else None
    return replace(wanted, casting=casting_of(newest)) if newest is not None else wanted


def _says(labels: Labels) -> bool:
    return any(value is not None for _, value in labels)


def _see(session: Session, ref: ArticleRef, seen: Seen) -> None:
    """Note who may hear an article and what it is filed under, and have what there is of it follow; make nothing."""
    if session.get(ArticleRow, (ref.source, ref.id)) is None:
        return
    if _says(seen.labels):
        tell_labels(session, ref, seen.labels)
    wishes.tell(session, ref, seen.visibility)


def _stories(session: Session, ref: ArticleRef) -> list[BriefingRow]:
    """Return the article's own briefings, one for each show that has it, by ID."""
    slugs = session.scalars(select(ShowRow.slug)).all()
    those = BriefingRow.identity.in_([asking.identity(slug, "story", [ref]) for slug in slugs])
    return list(session.scalars(select(BriefingRow).where(those).order_by(BriefingRow.id)))


def _home(session: Session, ref: ArticleRef) -> str:
    slug = home_show(session, ref.source)
    if slug is None:
        message = "there is no show"
        raise UnknownReference(message, code="unknown_show", hint="Run `briefcast apply`.")
    return slug


def _put_live(session: Session, desk: Desk, briefing_id: str, now: datetime) -> bool:
    """Publish what was made beforehand, unless something else stands in its way: its show, an editor, an embargo."""
    briefing = revisions.lock_briefing(session, briefing_id)
    access.follow(session, briefing)
    held = revisions.held_revision(session, briefing_id)
    editions.arrange(session, briefing, now)
    if held is None or held.state != RevisionState.PUBLISHING:
        return False
    audit.record(session, now, Action.PUBLISH, None, briefing=briefing_id, revision=held.number, by=desk.by)
    return True
