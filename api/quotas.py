"""Whether a caller may ask for one more briefing today: quotas of its key, bulk work at a time, cost known before bulk.

What is spoken is charged when it is known, by the worker (`briefing.requesting.spending`); here is what a request can
tell.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from api.problems import Problem
from briefing.models import RevisionRow
from briefing.requesting import estimates, spending
from briefing.states import ACTIVE, Queue

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from api.context import Context
    from api.schemas import BriefingRequest
    from briefing.accounts.keys import Caller
    from briefing.requesting.asking import Wanted

#: Seconds after which a key with too much open bulk work may look again.
_LOOK_AGAIN_S = 60


def admit(session: Session, caller: Caller, queue: Queue, articles: int, now: datetime) -> None:
    """Count a revision that was just recorded for the caller. Raises Problem where a quota is spent; then the caller of
    this leaves the transaction, and nothing is recorded. Needs a writing session.
    """
    limits, bulk = caller.limits, queue is Queue.BULK
    if limits.bulk_open and bulk and _open(session, caller.key_id, limits.bulk_open + 1) > limits.bulk_open:
        raise Problem(
            "too_many_open",
            f"{limits.bulk_open:,} bulk briefings of this key are being made",
            "Ask again when some are finished.",
            {"Retry-After": str(_LOOK_AGAIN_S)},
        )
    today = spending.spent(session, spending.KEY, caller.key_id, spending.day_of(now))
    if limits.briefings_a_day and today.briefings >= limits.briefings_a_day:
        raise _exceeded(f"{limits.briefings_a_day:,} briefings were asked for with this key today", now)
    if limits.characters_a_day and today.characters >= limits.characters_a_day:
        raise _exceeded(f"{limits.characters_a_day:,} characters were spoken for this key today", now)
    spending.count_request(session, caller.key_id, articles if bulk else 0, now)


def admit_wanted(
    session: Session, caller: Caller, body: BriefingRequest, wanted: Wanted, context: Context, now: datetime
) -> None:
    """Hold what was just recorded against what its caller may ask for. Raises Problem, and then nothing is recorded."""
    if wanted.queue is Queue.BULK:
        free = context.quotas.unconfirmed_articles
        demand_known_cost(session, caller, wanted, free, body.estimate, now, confirmed=body.confirm_cost)
    admit(session, caller, wanted.queue, len(wanted.articles), now)


def demand_known_cost(  # noqa: PLR0913  what is asked for, and what was shown
    session: Session,
    caller: Caller,
    wanted: Wanted,
    free: int,
    estimate: str | None,
    now: datetime,
    *,
    confirmed: bool,
) -> None:
    """Raise Problem for bulk work beyond `free` articles a day whose cost nobody has looked at."""
    today = spending.spent(session, spending.KEY, caller.key_id, spending.day_of(now))
    articles = [str(ref) for ref in wanted.articles]
    if confirmed or not free or today.bulk_articles + len(articles) <= free:
        return
    voice = wanted.casting.body if wanted.voice_named else None
    if estimate is not None and estimates.covers(session, estimate, articles, wanted.show, voice, now):
        return
    raise Problem(
        "cost_not_confirmed",
        f"{today.bulk_articles:,} bulk articles were asked for today; beyond {free:,} their cost must be known",
        "Ask POST /v1/estimates and send its `estimate`, or send `confirm_cost: true`.",
    )


def _open(session: Session, key_id: str, most: int) -> int:
    found = (
        select(RevisionRow.id)
        .where(
            RevisionRow.requester == key_id,
            RevisionRow.queue == Queue.BULK.value,
            RevisionRow.state.in_([state.value for state in ACTIVE]),
        )
        .limit(most)
    )
    return session.scalar(select(func.count()).select_from(found.subquery())) or 0


def _exceeded(detail: str, now: datetime) -> Problem:
    until = spending.next_day(now)
    wait_s = math.ceil((until - now).total_seconds())
    return Problem(
        "quota_exceeded", detail, f"The quota is whole again at {until:%H:%M} UTC.", {"Retry-After": str(wait_s)}
    )
