"""Issues of digests and the stories in them, as rows: which are to be looked at when a story changes.

Knows nothing of schedules nor of how an issue is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from briefing import steps
from briefing.digesting.digest import Digest
from briefing.models import BriefingRow, DigestRow, IssueRow, IssueStoryRow, RevisionRow
from briefing.sql.rows import add_all_unless_there
from briefing.states import Queue, StepKind

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session


def issue_of(session: Session, briefing_id: str) -> tuple[IssueRow, Digest]:
    """Return the issue that a briefing is, and its digest."""
    issue = session.scalars(select(IssueRow).where(IssueRow.briefing_id == briefing_id)).one()
    return issue, Digest.stored(session.get_one(DigestRow, issue.digest).settings)


def put_stories(session: Session, briefing_id: str, articles: Collection[str]) -> None:
    """Note which stories an issue has. Those it had before stay noted until its next audio is live: it is they that
    are heard.
    """
    rows = [{"briefing_id": briefing_id, "article": article} for article in sorted(articles)]
    add_all_unless_there(session, IssueStoryRow, rows)


def settle_stories(session: Session, briefing: BriefingRow) -> None:
    """Forget the stories that an issue no longer has, unless there is earlier audio of it: that has an address of its
    own, and goes with them.
    """
    earlier = select(RevisionRow.id).where(
        RevisionRow.briefing_id == briefing.id,
        RevisionRow.id.is_distinct_from(briefing.heard),
        RevisionRow.master_key.is_not(None),
    )
    if session.scalar(earlier.limit(1)) is not None:
        return
    session.execute(
        delete(IssueStoryRow).where(
            IssueStoryRow.briefing_id == briefing.id, IssueStoryRow.article.not_in(briefing.articles)
        )
    )


def issues_with(session: Session, article: str) -> list[str]:
    """Return the IDs of the briefings of issues that have an article, or of which what is live has it."""
    found = select(IssueStoryRow.briefing_id).where(IssueStoryRow.article == article)
    return sorted(session.scalars(found))


def articles_of_show(session: Session, show: str) -> list[str]:
    """Return the articles of a show's stories that are in issues."""
    stories = select(BriefingRow.articles).where(BriefingRow.show == show, BriefingRow.kind == "story")
    there = {articles[0] for articles in session.scalars(stories)}
    return sorted(there.intersection(session.scalars(select(IssueStoryRow.article))))


def look(session: Session, article: str) -> None:
    """Have the issues that an article is in looked at: it was published anew, withdrawn, or is for others than before.

    Needs a writing session; records nothing where there are none.
    """
    if session.scalar(select(IssueStoryRow.article).where(IssueStoryRow.article == article).limit(1)) is not None:
        steps.record(session, StepKind.DIGEST, Queue.INTERACTIVE, payload={"article": article})


def look_after_show(session: Session, show: str) -> None:
    """Have the issues looked at that have stories of a show whose visibility has changed."""
    if session.scalar(select(IssueStoryRow.article).limit(1)) is not None:
        steps.record(session, StepKind.DIGEST, Queue.INTERACTIVE, payload={"show": show})
