"""Forgets the texts of what was withdrawn, live or not, days after: scripts, titles, articles as they were fetched.

The rows stay, without words: that there was a revision, when, by which voice, and who withdrew it. What editors wrote
beside it, listeners told of it and digests quoted goes too. An article that
another briefing reads, or this one again, keeps its text. Audio goes at the withdrawal itself
(`worker.public.withdraw`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import String, cast, delete, exists, func, null, or_, select, update

from briefing.digesting.digest import DIGEST
from briefing.editing import overrides
from briefing.models import ArticleVersionRow, BriefingRow, ReportRow, RevisionRow, SummaryRow
from briefing.revisions import lock_briefing
from briefing.states import ACTIVE, RevisionState
from briefing.values import ArticleRef
from worker.upkeep.pace import within

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from briefing.database import Database

#: States in which a revision's articles are still wanted, beside those of the live one.
_WANTED = [state.value for state in (*ACTIVE, RevisionState.HELD)]


def due_texts(session: Session, until: datetime) -> int:
    """Return of how many briefings the words are still there, and were withdrawn before `until`."""
    return len(_due(session, until, None))


def forget_texts(database: Database, until: datetime, batch: int) -> int:
    """Forget the texts of up to `batch` briefings that were withdrawn before `until`, as many as there is time for;
    return of how many. Raises DatabaseUnavailable.
    """
    with database.reading() as session:
        found = _due(session, until, batch)
    done = 0
    for briefing_id, number in within(found.items()):
        done += 1
        with database.writing() as session:
            briefing = lock_briefing(session, briefing_id)
            if not _is_open(session, briefing):
                overrides.forget(session, briefing_id)
                briefing.correction = None
                session.execute(delete(ReportRow).where(ReportRow.briefing_id == briefing_id))
                # Where a process of before withdrew it; others have them void at once.
                session.execute(delete(SummaryRow).where(SummaryRow.briefing_id == briefing_id))
            session.execute(
                update(RevisionRow)
                .where(RevisionRow.briefing_id == briefing_id, RevisionRow.number <= number)
                # The database's own null: one of JSON would be found again.
                .values(script=null(), card=null(), conflicts=null())
            )
            for article in briefing.articles:
                if not session.scalar(select(_is_read(article))):
                    _forget_article(session, ArticleRef.parse(article), until)
                    _forget_in_digests(session, article)
    return done


def _is_open(session: Session, briefing: BriefingRow) -> bool:
    """Tell whether a briefing is heard, held or being made again, and so has overrides that are wanted."""
    under_way = select(RevisionRow.id).where(RevisionRow.briefing_id == briefing.id, RevisionRow.state.in_(_WANTED))
    return briefing.heard is not None or session.scalar(under_way.limit(1)) is not None


def _due(session: Session, until: datetime, limit: int | None) -> dict[str, int]:
    """Return the briefings whose words are due, each with the number of the last revision of which they are."""
    numbers = select(RevisionRow.briefing_id, func.max(RevisionRow.number)).where(RevisionRow.script.is_not(None))
    noted = numbers.join(BriefingRow, BriefingRow.id == RevisionRow.briefing_id).where(
        BriefingRow.withdrawn_at < until, RevisionRow.number <= BriefingRow.withdrawn_number
    )
    # Of older processes, which note nothing, and of what was withdrawn once more since.
    retracted = numbers.where(RevisionRow.state == RevisionState.RETRACTED.value, RevisionRow.finished_at < until)
    found: dict[str, int] = {}
    for statement in (noted, retracted):
        grouped = statement.group_by(RevisionRow.briefing_id).order_by(RevisionRow.briefing_id).limit(limit)
        for briefing_id, number in session.execute(grouped):
            found[briefing_id] = max(number, found.get(briefing_id, 0))
    return dict(list(found.items())[:limit])


def _is_read(article: str) -> ColumnElement[bool]:
    """Return the condition that a briefing with this article is live, held or being made."""
    having = cast(BriefingRow.articles, String).contains(f'"{article}"', autoescape=True)
    under_way = exists().where(RevisionRow.briefing_id == BriefingRow.id, RevisionRow.state.in_(_WANTED))
    heard = or_(BriefingRow.live_revision.is_not(None), BriefingRow.members_revision.is_not(None))
    return exists().where(having, or_(heard, under_way))


def _forget_in_digests(session: Session, article: str) -> None:
    """Forget what earlier issues of digests said that told of an article: what is live or being made does not."""
    earlier = (
        select(RevisionRow.id)
        .join(BriefingRow, BriefingRow.id == RevisionRow.briefing_id)
        .where(
            BriefingRow.kind == DIGEST,
            RevisionRow.state.not_in([*_WANTED, RevisionState.LIVE.value]),
            cast(RevisionRow.script, String).contains(f'"{article}"', autoescape=True),
        )
    )
    session.execute(update(RevisionRow).where(RevisionRow.id.in_(earlier)).values(script=null(), card=null()))


def _forget_article(session: Session, ref: ArticleRef, until: datetime) -> None:
    """Remove an article's versions, but for what was fetched since: somebody may be preparing from that."""
    session.execute(
        delete(ArticleVersionRow).where(
            ArticleVersionRow.source == ref.source,
            ArticleVersionRow.article_id == ref.id,
            ArticleVersionRow.fetched_at < until,
        )
    )
