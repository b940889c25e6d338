"""Estimates of cost as rows: asked for, measured in parts, found again. Measures nothing itself.

An estimate is work of its own, since the API fetches nothing: `estimate` steps, each of a few articles, in the bulk
queue. Parts that fail for good fail the whole.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from briefing import steps
from briefing.failpoints import Failpoint, reach
from briefing.models import EstimateRow
from briefing.requesting.cost import Cost
from briefing.requesting.ranks import lane_of, next_rank
from briefing.states import Queue, StepKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

#: Articles measured by one step: a few, so that others get their turn, and a slow source does not pass the deadline.
ARTICLES_A_PART = 5

#: How long an estimate confirms a cost: texts change, and takes come and go.
VALID = timedelta(days=7)


def ask(
    session: Session,
    articles: Sequence[tuple[str, str | None]],
    show: str,
    voice: str | None,
    requester: str,
    now: datetime,
) -> EstimateRow:
    """Record an estimate of `articles` ("source:id" and address, if asked for by one) and its steps."""
    parts = [articles[start : start + ARTICLES_A_PART] for start in range(0, len(articles), ARTICLES_A_PART)]
    row = EstimateRow(
        id=secrets.token_hex(8),
        show=show,
        voice=voice,
        articles=[ref for ref, _ in articles],
        requester=requester,
        state="measuring",
        parts_left=len(parts),
        totals=Cost().model_dump(mode="json"),
        failed=[],
        created_at=now,
    )
    session.add(row)
    rank = next_rank(session, Queue.BULK, lane_of(requester, show))
    for seq, part in enumerate(parts):
        payload = {"estimate": row.id, "articles": [list(pair) for pair in part]}
        steps.record(session, StepKind.ESTIMATE, Queue.BULK, seq=seq, payload=payload, rank=rank)
    session.flush()
    reach(Failpoint.ESTIMATE_RECORDED)
    return row


def add_part(session: Session, estimate: str, cost: Cost, failed: Sequence[tuple[str, str]], now: datetime) -> None:
    """Add what a step measured. Needs a writing session."""
    row = session.get_one(EstimateRow, estimate, with_for_update=True, populate_existing=True)
    row.totals = Cost.model_validate(row.totals).plus(cost).model_dump(mode="json")
    row.failed = [*row.failed, *map(list, failed)]
    row.parts_left -= 1
    if not row.parts_left and row.state == "measuring":
        row.state, row.finished_at = "ready", now
    session.flush()
    reach(Failpoint.ESTIMATE_ADDED)


def fail(session: Session, estimate: str, now: datetime) -> None:
    """End an estimate of which a part could not be measured. Needs a writing session."""
    row = session.get_one(EstimateRow, estimate, with_for_update=True, populate_existing=True)
    row.state, row.finished_at = "failed", now
    session.flush()
    reach(Failpoint.ESTIMATE_FAILED)


def covers(
    session: Session, estimate: str, articles: Sequence[str], show: str, voice: str | None, now: datetime
) -> bool:
    """Tell whether a finished, recent estimate has all these articles in it, for this show and voice (None: the show's
    own): another voice may have another price.
    """
    row = session.get(EstimateRow, estimate)
    return (
        row is not None
        and row.state == "ready"
        and now - row.created_at < VALID
        and (row.show, row.voice) == (show, voice)
        and set(articles) <= set(row.articles)
    )
