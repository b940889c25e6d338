"""Who may hear a briefing: everybody or members; and what that asks of what is being made and what is live.

The most private counts of what its show, its articles and, where there are several, the briefing itself say. Writes no
file: that is done by `place` steps (`worker.public.placing`). Decides nothing about single listeners
(`briefing.accounts.listeners`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import String, and_, cast, or_, select, update

from briefing import steps
from briefing.digesting.digest import DIGEST
from briefing.going_live.holds import articles_of, guarded, subject
from briefing.models import ArticleRow, BriefingRow, RevisionRow, ShowRow, SightingRow, StepRow
from briefing.podcasts.show import Paywall, Show, hold_for_older_workers
from briefing.sql.rows import put
from briefing.states import ACTIVE, Queue, RevisionState, StepKind, StepState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from briefing.values import ArticleRef

PUBLIC, MEMBERS = "public", "members"

#: States of revisions that may still go live.
_MAY_GO_LIVE = [state.value for state in (*sorted(ACTIVE), RevisionState.HELD)]


def for_members(session: Session, briefing: BriefingRow) -> bool:
    """Tell whether a briefing is for members alone."""
    show = Show.stored(session.get_one(ShowRow, briefing.show).settings)
    said = [show.visibility, briefing.visibility, *(row.visibility for row in articles_of(session, briefing))]
    return MEMBERS in said


def was_for_members(session: Session, briefing: BriefingRow) -> bool:
    """Tell whether there is anything of a locked briefing, or may be, that is for members, or a preview of it."""
    previews = select(RevisionRow.id).where(
        RevisionRow.briefing_id == briefing.id, RevisionRow.preview_key.is_not(None)
    )
    return (
        briefing.members_revision is not None
        or session.scalar(previews.limit(1)) is not None
        or for_members(session, briefing)
    )


def paywall(session: Session, briefing: BriefingRow) -> Paywall | None:
    """Return how far others hear a briefing that is for members; None for not at all. Of several articles, those that
    are for members decide nothing by themselves: the briefing's own mark counts, else its show's.
    """
    own = briefing.paywall
    if subject(briefing) is not None:
        own = next((row.paywall for row in articles_of(session, briefing)), None)
    if own is not None:
        return Paywall.stored(own)
    return Show.stored(session.get_one(ShowRow, briefing.show).settings).preview


def settings_for(session: Session, briefing: BriefingRow) -> dict[str, Any]:
    """Return the show's settings as a new revision of the briefing keeps them: where it is for members they say so, by
    which workers of before hold it; and they hold a digest, as they would not ask whether its stories are still there.
    """
    settings = session.get_one(ShowRow, briefing.show).settings
    members, waits = for_members(session, briefing), guarded(session, briefing) or briefing.kind == DIGEST
    if not members and not waits and "never_speak" not in settings:
        return settings
    show = Show.stored(settings)
    told = show.model_copy(update={"visibility": MEMBERS} if members else {}).model_dump(mode="json")
    # Names that nobody is to know are kept in as few places as can be; what counts is the show's own list anyway.
    told.pop("never_speak", None)
    if waits:
        hold_for_older_workers(told, show.publish)
    return told


def keep_back(session: Session, ref: ArticleRef, now: datetime) -> None:
    """Note that an article is not public yet, so that nothing of it goes live. Before articles are locked."""
    at_first = {"withdrew": False, "looked_at": now}
    put(session, SightingRow, at_first, source=ref.source, article_id=ref.id, state="scheduled")


def wish_of_article(session: Session, ref: ArticleRef, visibility: str) -> bool:
    """Note who may hear an article; tell whether it changed anything. What follows is for `follow_others`."""
    row = session.get_one(ArticleRow, (ref.source, ref.id), with_for_update={"key_share": True}, populate_existing=True)
    changed = row.visibility != visibility
    row.visibility = visibility
    session.flush()
    return changed


def wish(session: Session, briefing: BriefingRow, visibility: str | None, mark: Paywall | None) -> bool:
    """Note what is said of a briefing or its own article; tell whether it changed anything.

    Before the briefing is locked. What follows from it is for `follow`.
    """
    article = subject(briefing)
    row = session.get_one(ArticleRow, (article.source, article.id)) if article is not None else briefing
    dumped = mark.model_dump(mode="json") if mark else None
    changed = (visibility is not None and row.visibility != visibility) or (mark is not None and row.paywall != dumped)
    if visibility is not None:
        row.visibility = visibility
    if mark is not None:
        row.paywall = dumped
    session.flush()
    return changed


def follow(session: Session, briefing: BriefingRow) -> None:
    """Have what is being made of a locked briefing, and what is live of it, follow from its visibility."""
    ids = tell(session, briefing)
    if for_members(session, briefing):
        _keep_from_older_workers(session, [*ids, *([briefing.heard] if briefing.heard else [])])
    if briefing.heard is not None:
        steps.record(session, StepKind.PLACE, Queue.INTERACTIVE, revision_id=briefing.heard)
    session.flush()


def tell(session: Session, briefing: BriefingRow) -> list[int]:
    """Have the revisions of a locked briefing that may still go live keep what its settings say of that now; return
    their IDs.
    """
    settings = settings_for(session, briefing)
    ids = session.scalars(
        select(RevisionRow.id)
        .where(RevisionRow.briefing_id == briefing.id, RevisionRow.state.in_(_MAY_GO_LIVE))
        .order_by(RevisionRow.id)
    ).all()
    kept = {"visibility", "publish", "publish_to_members", "publish_then"}
    for revision_id in ids:
        revision = session.get_one(
            RevisionRow, revision_id, with_for_update={"key_share": True}, populate_existing=True
        )
        own = {name: value for name, value in revision.show.items() if name not in kept}
        revision.show = own | {name: value for name, value in settings.items() if name in kept}
    session.flush()
    return list(ids)


def _keep_from_older_workers(session: Session, revision_ids: Sequence[int]) -> None:
    """Have nothing published that workers of before were to publish, or are publishing: they find their fence outdated,
    and the new kind is not theirs.
    """
    those = (
        StepRow.revision_id.in_(revision_ids),
        StepRow.state.in_([StepState.READY.value, StepState.LEASED.value, StepState.WAITING.value]),
    )
    session.execute(
        update(StepRow)
        .where(*those, StepRow.kind == StepKind.PUBLISH.value)
        .values(
            kind=StepKind.RELEASE.value,
            state=StepState.READY.value,
            fence=StepRow.fence + 1,
            lease_until=None,
            holder=None,
            rung_at=None,
        )
    )
    session.execute(
        update(StepRow)
        .where(*those, StepRow.kind == StepKind.VERIFY.value)
        .values(
            state=StepState.DEAD.value,
            fence=StepRow.fence + 1,
            lease_until=None,
            holder=None,
            error_code=RevisionState.SUPERSEDED.value,
        )
    )


def follow_others(session: Session, article: ArticleRef | None = None, show: str | None = None) -> None:
    """Have a step look at every briefing of an article or show after its visibility changed."""
    payload = {"article": str(article)} if article else {"show": show}
    steps.record(session, StepKind.PLACE, Queue.INTERACTIVE, payload=payload)


def concerned(
    session: Session, article: str | None, show: str | None, after: str = "", most: int = 50
) -> tuple[list[str], str | None]:
    """Return the IDs of the briefings with an article, or of a show, of which anything is live or being made: of those
    behind `after` the first ones, and behind which to go on, None where that is all.
    """
    unfinished = select(RevisionRow.briefing_id).where(RevisionRow.state.in_(_MAY_GO_LIVE))
    heard = or_(BriefingRow.live_revision.is_not(None), BriefingRow.members_revision.is_not(None))
    which = (
        # Names have no character that LIKE or JSON writes otherwise but "_", which finds too much: looked at again.
        cast(BriefingRow.articles, String).like(f'%"{article}"%') if article else BriefingRow.show == show
    )
    rows = session.execute(
        select(BriefingRow.id, BriefingRow.articles)
        .where(and_(which, BriefingRow.id > after, or_(heard, BriefingRow.id.in_(unfinished))))
        .order_by(BriefingRow.id)
        .limit(most)
    ).all()
    found = [briefing for briefing, articles in rows if article is None or article in articles]
    return found, rows[-1][0] if len(rows) == most else None


def is_elsewhere(session: Session, briefing: BriefingRow) -> bool:
    """Tell whether a briefing or what is being made of it is not as its visibility says."""
    members = for_members(session, briefing)
    if briefing.heard is not None and members != (briefing.members_revision is not None):
        return True
    made = session.scalars(
        select(RevisionRow.show).where(RevisionRow.briefing_id == briefing.id, RevisionRow.state.in_(_MAY_GO_LIVE))
    )
    return any(members != (Show.stored(kept).visibility == MEMBERS) for kept in made)
