"""What is said of a briefing that is not in its text: who may hear it, and until when nobody may; and what follows.

Said of a story, it is its article's, and all other briefings with that article follow. Makes no audio and no revision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefing.digesting.issues import look
from briefing.going_live import access, holds
from briefing.going_live.editions import arrange
from briefing.models import BriefingRow
from briefing.revisions import lock_briefing

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from briefing.podcasts.show import Paywall
    from briefing.values import ArticleRef


def see(session: Session, briefing: BriefingRow, visibility: str | None, mark: Paywall | None = None) -> BriefingRow:
    """Note who may hear a briefing's article, or the briefing where it has several, and have what there is of it
    follow; make nothing. Needs a writing session.
    """
    changed = note_audience(session, briefing, visibility, mark)
    found = lock_briefing(session, briefing.id)
    if changed:
        access.follow(session, found)
    return found


def embargo(session: Session, briefing_id: str, until: datetime | None, now: datetime) -> None:
    """Set until when nothing of a briefing that is there may be public, or end that: what waited for it alone goes
    live. Needs a writing session.
    """
    known = session.get_one(BriefingRow, briefing_id)
    if note_embargo(session, known, until):
        briefing = lock_briefing(session, briefing_id)
        access.tell(session, briefing)
        arrange(session, briefing, now)


def note_embargo(session: Session, briefing: BriefingRow, until: datetime | None) -> bool:
    """Note an embargo, or its end; of an article, have its other briefings follow. Tell whether anything changed. What
    follows for the briefing itself is its caller's, when it is locked.
    """
    changed, article = holds.note_embargo(session, briefing, until), holds.subject(briefing)
    if changed and article is not None:
        access.follow_others(session, article=article)
    return changed


def note_audience(session: Session, briefing: BriefingRow, visibility: str | None, mark: Paywall | None) -> bool:
    """The same of who may hear it, and how far others may."""
    if visibility is None and mark is None:
        return False
    changed, article = access.wish(session, briefing, visibility, mark), holds.subject(briefing)
    if changed and article is not None:
        access.follow_others(session, article=article)
        look(session, str(article))
    return changed


def tell(session: Session, ref: ArticleRef, visibility: str | None) -> None:
    """Note who may hear an article, as its CMS says, and have all briefings of it follow. Needs its row, in a writing
    session.
    """
    if visibility is not None and access.wish_of_article(session, ref, visibility):
        access.follow_others(session, article=ref)
        look(session, str(ref))
