"""What readers should find of a live revision at its public addresses, from the rows. Fetches nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from briefing.audio import Master
from briefing.models import BriefingRow, EpisodeRow, MasterRow, ShowRow
from briefing.podcasts.show import Show
from worker.feeds.listing import feeds_of
from worker.feeds.show_feed import SURE_ITEMS
from worker.public.heard import own_article
from worker.public.verify import Published

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from briefing.models import RevisionRow
    from worker.public.public_files import PublicFiles


def expected(session: Session, revision: RevisionRow, files: PublicFiles) -> Published | None:
    """Return what is to be found at the public addresses; None when the revision is not the live one any more."""
    briefing = session.get_one(BriefingRow, revision.briefing_id)
    if briefing.live_revision != revision.id:
        return None
    master = Master.stored(session.get_one(MasterRow, revision.master_key).content)
    episode = session.get_one(EpisodeRow, (briefing.show, briefing.id))
    newer = session.scalar(
        select(func.count())
        .select_from(EpisodeRow)
        .where(EpisodeRow.show == briefing.show, EpisodeRow.published_at > episode.published_at)
    )
    in_own_feed = briefing.show in feeds_of(session, briefing)
    return Published(
        files=files,
        sha256=master.sha256,
        bytes=master.bytes,
        disclosure=Show.stored(revision.show).disclosure,
        show=briefing.show,
        artwork_png=session.get_one(ShowRow, briefing.show).artwork_png,
        guid=(episode.kept_guid or episode.guid) if (newer or 0) < SURE_ITEMS and in_own_feed else None,
        article=own_article(session, briefing),
    )
