"""Rows of an episode that was taken over from another host: like those of one made and published here, but that no step
ever made it. Fetches nothing and writes no file.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from briefing.articles.labels import Labels
from briefing.going_live.access import for_members
from briefing.models import ArticleRow, BriefingRow, EpisodeRow, MasterRow, RevisionRow
from briefing.sql.rows import add_unless_there
from briefing.states import Queue, RevisionState
from briefing.values import IMPORTED, Card
from worker.feeds.listing import lock_listing, relist
from worker.public import placing

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from briefing.audio import Master
    from briefing.podcasts.show import Show
    from worker.moving.old_episode import OldEpisode


def article_of(identity: str) -> str:
    """Return the ID of the article that such a briefing is of."""
    return identity[:16]


def record_kept(
    session: Session, show: Show, episode: OldEpisode, master: Master, identity: str, now: datetime
) -> tuple[BriefingRow, RevisionRow]:
    """Record an episode whose MP3 is stored; `identity` is its briefing's. Needs a writing session."""
    article = article_of(identity)
    labels = Labels(sections=episode.labels or None, tags=episode.labels or None)
    add_unless_there(
        session,
        ArticleRow,
        source=IMPORTED,
        id=article,
        address=episode.link,
        found_labels=labels.model_dump(mode="json", exclude_none=True),
    )
    lock_listing(session, [show.slug])
    add_unless_there(
        session,
        MasterRow,
        key=master.key,
        sha256=master.sha256,
        bytes=master.bytes,
        samples=master.samples,
        transcript=master.transcript,
        picture=master.picture.sha256 if master.picture else None,
        picture_ending=master.picture.ending if master.picture else None,
        chapters=[cue.model_dump(mode="json") for cue in master.chapters],
        content=master.model_dump(mode="json"),
        created_at=now,
    )
    briefing = BriefingRow(
        id=secrets.token_hex(8),
        identity=identity,
        show=show.slug,
        kind=IMPORTED,
        articles=[f"{IMPORTED}:{article}"],
        created_at=now,
    )
    session.add(briefing)
    session.flush()
    revision = RevisionRow(
        briefing_id=briefing.id,
        number=1,
        state=RevisionState.LIVE.value,
        queue=Queue.BULK.value,
        voice="",
        voices={},
        request={"refetch": False, "segments": []},
        show=show.model_dump(mode="json"),
        requested_by="import",
        created_at=now,
        finished_at=now,
        fallbacks=[],
        card=_card(show, episode).model_dump(mode="json"),
        master_key=master.key,
    )
    session.add(revision)
    session.flush()
    placing.point(briefing, revision, members=for_members(session, briefing))
    session.add(
        EpisodeRow(
            show=show.slug,
            briefing_id=briefing.id,
            guid=secrets.token_hex(16),
            kept_guid=episode.guid,
            published_at=episode.published_at,
        )
    )
    session.flush()
    relist(session, briefing)
    return briefing, revision


def _card(show: Show, episode: OldEpisode) -> Card:
    return Card(
        title=episode.title,
        summary=episode.summary,
        byline=None,
        link=episode.link,
        language=show.language,
        disclosure="",
        words=0,
        kept=episode.kept,
    )
