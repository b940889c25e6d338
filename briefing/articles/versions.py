"""Article versions as rows: each fetched state of an article, found or saved by its content hash. Fetches nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from briefing.models import ArticleVersionRow, RevisionRow
from briefing.sql.rows import add_unless_there

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from briefing.values import Article


def save_version(session: Session, article: Article, now: datetime) -> int:
    """Save an article's state unless it is there already; return its version's ID. Needs a writing session."""
    ref = article.ref
    same = select(ArticleVersionRow.id).where(
        ArticleVersionRow.source == ref.source,
        ArticleVersionRow.article_id == ref.id,
        ArticleVersionRow.content_hash == article.content_hash,
    )
    found = session.scalar(same)
    if found is None:
        add_unless_there(
            session,
            ArticleVersionRow,
            source=ref.source,
            article_id=ref.id,
            content_hash=article.content_hash,
            content=article.model_dump(mode="json"),
            fetched_at=now,
        )
        found = session.scalars(same).one()
    return found


def latest_versions(session: Session, briefing_id: str) -> list[ArticleVersionRow] | None:
    """Return the article versions that a briefing was last prepared from, None for one that never was."""
    versions = session.scalars(
        select(RevisionRow.versions)
        .where(RevisionRow.briefing_id == briefing_id, RevisionRow.prepared_at.is_not(None))
        .order_by(RevisionRow.number.desc())
        .limit(1)
    ).first()
    return [session.get_one(ArticleVersionRow, version) for version in versions] if versions else None


def first_seen(session: Session, versions: Sequence[int]) -> datetime:
    """Return when the youngest of some versions' articles was fetched for the first time, in whichever state."""
    wanted, any_state = aliased(ArticleVersionRow), aliased(ArticleVersionRow)
    same_article = (any_state.source == wanted.source) & (any_state.article_id == wanted.article_id)
    times = session.scalars(
        select(func.min(any_state.fetched_at))
        .join(wanted, same_article)
        .where(wanted.id.in_(versions))
        .group_by(any_state.source, any_state.article_id)
    )
    return max(times)
