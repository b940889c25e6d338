"""What may keep a briefing's next edition from going live, as its rows say it: an editor's hold, a time it is set for,
an embargo; and whether it corrects what is live.

Reads and notes; moves no revision and records no step (`briefing.going_live.editions` does). An edition is whatever
goes live next
of a briefing, whichever revision that turns out to be: what is said of it outlives the revision that was current.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select

from briefing.digesting.digest import DIGEST
from briefing.models import ArticleRow, ShowRow, SightingRow
from briefing.podcasts.show import Show
from briefing.values import ArticleRef

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from briefing.models import BriefingRow


#: How a revision takes the place of what was live: see `RevisionRow.replaces`.
UPDATE, CORRECTION = "update", "correction"


def articles_of(session: Session, briefing: BriefingRow) -> list[ArticleRow]:
    """Return the rows of a briefing's articles."""
    refs = [ArticleRef.parse(text) for text in briefing.articles]
    wanted = or_(*(and_(ArticleRow.source == ref.source, ArticleRow.id == ref.id) for ref in refs))
    return list(session.scalars(select(ArticleRow).where(wanted)))


def subject(briefing: BriefingRow) -> ArticleRef | None:
    """Return the article that whatever is said of a briefing's audience and embargo is said of; None where it is said
    of the briefing. A digest that has a single story today may have another tomorrow.
    """
    several = len(briefing.articles) > 1 or briefing.kind == DIGEST
    return None if several else ArticleRef.parse(briefing.articles[0])


def show_of(session: Session, briefing: BriefingRow) -> Show:
    """Return the settings of a briefing's home show as they are now."""
    return Show.stored(session.get_one(ShowRow, briefing.show).settings)


def embargo(session: Session, briefing: BriefingRow) -> datetime | None:
    """Return until when nothing of a briefing may be public: the latest of what is said of it and of its articles."""
    said = [briefing.embargo_until, *(row.embargo_until for row in articles_of(session, briefing))]
    return max((until for until in said if until is not None), default=None)


def embargoed_article(session: Session, briefing: BriefingRow, after: datetime) -> ArticleRow | None:
    """Return the article whose own embargo ends last and after that time, if there is one and the briefing is not that
    article's: nothing that is said of the briefing ends it.
    """
    found = articles_of(session, briefing) if subject(briefing) is None else []
    ends = {row: row.embargo_until for row in found if row.embargo_until is not None and row.embargo_until > after}
    return max(ends, key=lambda row: ends[row], default=None)


def note_embargo(session: Session, briefing: BriefingRow, until: datetime | None) -> bool:
    """Note an embargo, or its end, of the briefing or its own article. Tell whether that changed anything. Before the
    briefing is locked.
    """
    article = subject(briefing)
    row = session.get_one(ArticleRow, (article.source, article.id)) if article is not None else briefing
    changed = row.embargo_until != until
    row.embargo_until = until
    session.flush()
    return changed


def is_unpublished(session: Session, briefing: BriefingRow) -> bool:
    """Tell whether an article of the briefing is scheduled in its CMS, or a draft."""
    refs = [ArticleRef.parse(text) for text in briefing.articles]
    those = or_(*(and_(SightingRow.source == ref.source, SightingRow.article_id == ref.id) for ref in refs))
    found = select(SightingRow.article_id).where(those, SightingRow.state == "scheduled")
    return session.scalar(found.limit(1)) is not None


def guarded(session: Session, briefing: BriefingRow) -> bool:
    """Tell whether anything is said of a briefing's next edition that workers of before would not heed: they are to
    hold it. An embargo that is over counts too, so that no clock does.
    """
    return (
        briefing.held_at is not None
        or briefing.scheduled_at is not None
        or briefing.corrects_from is not None
        or embargo(session, briefing) is not None
        or is_unpublished(session, briefing)
    )


def forget(briefing: BriefingRow) -> None:
    """Forget what was said of when an edition goes live. The embargo is the story's and stays."""
    briefing.held_at = briefing.held_by = None
    briefing.scheduled_at = briefing.scheduled_by = None
