"""What a CMS takes back is withdrawn, and known as its own doing: published there again, that alone comes back.

Who withdrew a story is what the audit says. Decides nothing about what else follows (`briefing.following.noticing`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from briefing.accounts import audit
from briefing.accounts.audit import Action
from briefing.digesting.digest import DIGEST
from briefing.going_live import access
from briefing.going_live.withdrawals import is_withdrawn
from briefing.models import ArticleRow, AuditRow, BriefingRow
from briefing.requesting import asking
from briefing.revisions import newest_revision
from briefing.states import RevisionState

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from briefing.values import ArticleRef


def take_back(
    session: Session, by: str, ref: ArticleRef, stories: Iterable[BriefingRow], now: datetime, *, heard: bool = False
) -> bool:
    """Withdraw every story and collection with the article; of those that are `heard`, or may still be. Of its
    `stories` one that failed is withdrawn too, so that its words are forgotten. Issues of digests follow it, as they do
    whoever withdraws a story: they are made again without it. Tell whether there was any.
    """
    if session.get(ArticleRow, (ref.source, ref.id)) is None:
        return False
    wanted = set[str]()
    after: str | None = ""
    while after is not None:
        found, after = access.concerned(session, str(ref), None, after)
        rows = [session.get_one(BriefingRow, one) for one in found]
        wanted |= {row.id for row in rows if row.kind != DIGEST and (not heard or row.heard is not None)}
    for story in [] if heard else stories:
        newest = newest_revision(session, story.id)
        if newest is not None and newest.state == RevisionState.FAILED and not is_withdrawn(story, newest):
            wanted.add(story.id)
    # Locked by ID, as whoever else locks several.
    for briefing_id in sorted(wanted):
        number = asking.retract(session, briefing_id, now).number
        audit.record(session, now, Action.RETRACT, None, briefing=briefing_id, revision=number, detail=str(ref), by=by)
    return bool(wanted)


def took_back(session: Session, by: str, story: BriefingRow) -> bool:
    """Tell whether it was `by` this source that a story was withdrawn last, so that it may bring it back. Where nothing
    tells any more who it was, it may have been an editor.
    """
    if not is_withdrawn(story, newest_revision(session, story.id)):
        return False
    last = session.execute(
        select(AuditRow.by, AuditRow.key_id)
        .where(AuditRow.briefing_id == story.id, AuditRow.action == Action.RETRACT.value)
        .order_by(AuditRow.id.desc())
        .limit(1)
    ).first()
    return last is not None and (last.by, last.key_id) == (by[: audit.MOST_BY], None)
