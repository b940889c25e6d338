"""The `list` step: an article's episodes are in the feeds of the shows that list them, and in no others."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from briefing import revisions, steps
from briefing.failpoints import Failpoint, reach
from briefing.models import BriefingRow, ShowRow
from briefing.requesting.asking import identity
from briefing.values import ArticleRef
from worker.feeds.listing import lock_listing, relist, standing, write_feeds
from worker.feeds.websub import record_pings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from briefing.steps import Lease
    from worker.workplace import Workplace


def list_article(lease: Lease, place: Workplace) -> None:
    """Look at the stories of the article that the step names. Collections are looked at when they are published."""
    with place.database.writing() as session:
        stories = [revisions.lock_briefing(session, id_) for id_ in _stories(session, lease.payload["article"])]
        if not steps.finish(session, lease):
            return
        lock_listing(session, {briefing.show for briefing in stories})
        for briefing in stories:
            before = standing(session, briefing)
            relist(session, briefing, datetime.now(UTC))
            changed = {slug for slug, _ in before ^ standing(session, briefing)}
            if changed:
                write_feeds(session, briefing, changed, place.files)
                reach(Failpoint.LIST_WRITTEN)
            for slug in sorted(changed):
                record_pings(session, slug, place.files.hubs)


def _stories(session: Session, article: str) -> list[str]:
    """Return the IDs of the article's stories, in the order in which they are locked."""
    ref = ArticleRef.parse(article)
    wanted = [identity(slug, "story", (ref,)) for slug in session.scalars(select(ShowRow.slug))]
    return sorted(session.scalars(select(BriefingRow.id).where(BriefingRow.identity.in_(wanted))))
