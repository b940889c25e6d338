"""Finds what nothing uses and is old enough to go: takes, masters, article versions, steps. Removes nothing.

Each walks its table by key, a batch at a time, and tells where to go on; "" at the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import aliased

from briefing.models import ArticleVersionRow, BriefingRow, JingleRow, MasterRow, RevisionRow, StepRow, TakeRow
from briefing.states import ACTIVE, StepState
from worker.upkeep import uses

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


def unused_takes(session: Session, until: datetime, after: str, limit: int | None) -> tuple[list[str], str]:
    """Return the keys among the next takes that no revision uses and that are old enough, and where to go on."""
    rows = session.execute(
        select(TakeRow.key, TakeRow.created_at).where(TakeRow.key > after).order_by(TakeRow.key).limit(limit)
    ).all()
    old = [key for key, created_at in rows if created_at < until]
    kept = uses.used(session, uses.TAKE, old)
    return [key for key in old if key not in kept], rows[-1].key if limit is not None and len(rows) == limit else ""


def unused_masters(session: Session, until: datetime, after: str, limit: int | None) -> tuple[list[str], str]:
    """The same of masters."""
    used = uses.of_master().label("used")
    rows = session.execute(
        select(MasterRow.key, MasterRow.created_at, used)
        .where(MasterRow.key > after)
        .order_by(MasterRow.key)
        .limit(limit)
    ).all()
    found = [key for key, created_at, is_used in rows if created_at < until and not is_used]
    return found, rows[-1].key if limit is not None and len(rows) == limit else ""


def unused_versions(session: Session, until: datetime, after: str, limit: int | None) -> tuple[list[str], str]:
    """The same of article versions, by ID; the first of an article, by which audio is dated, and the newest stay."""
    rows = session.scalars(
        select(ArticleVersionRow)
        .where(ArticleVersionRow.id > int(after or 0))
        .order_by(ArticleVersionRow.id)
        .limit(limit)
    ).all()
    other = aliased(ArticleVersionRow)
    found = []
    for row in rows:
        bounds = select(func.min(other.id), func.max(other.id)).where(
            other.source == row.source, other.article_id == row.article_id
        )
        if row.fetched_at < until and row.id not in session.execute(bounds).one():
            found.append(str(row.id))
    kept = uses.used(session, uses.VERSION, found) | _being_prepared(session)
    return [name for name in found if name not in kept], str(rows[-1].id) if limit is not None and len(
        rows
    ) == limit else ""


def _being_prepared(session: Session) -> set[str]:
    """Return the versions of articles that somebody is fetching just now, and may find unchanged."""
    briefings = session.scalars(
        select(BriefingRow.articles)
        .join(RevisionRow, RevisionRow.briefing_id == BriefingRow.id)
        .where(RevisionRow.state.in_([state.value for state in ACTIVE]))
    )
    wanted = {tuple(str(ref).split(":", 1)) for articles in briefings for ref in articles}
    return {
        str(version)
        for source, article in wanted
        for version in session.scalars(
            select(ArticleVersionRow.id).where(
                ArticleVersionRow.source == source, ArticleVersionRow.article_id == article
            )
        )
    }


def finished_steps(session: Session, until: datetime, after: str, limit: int | None) -> tuple[list[str], str]:
    """The same of steps, by ID: done or given up, their revision over, and no jingle's last word."""
    since = until.timestamp()
    over: ColumnElement[bool] = or_(
        RevisionRow.finished_at < until, StepRow.revision_id.is_(None) & (StepRow.ready_at < since)
    )
    named = exists().where(JingleRow.step_id == StepRow.id)
    closed = StepRow.state.in_([StepState.DONE.value, StepState.DEAD.value])
    rows = session.execute(
        select(StepRow.id, closed & over & ~named)
        .outerjoin(RevisionRow, RevisionRow.id == StepRow.revision_id)
        .where(StepRow.id > int(after or 0))
        .order_by(StepRow.id)
        .limit(limit)
    ).all()
    found = [str(step_id) for step_id, is_over in rows if is_over]
    return found, str(rows[-1][0]) if limit is not None and len(rows) == limit else ""
