"""`/v1/briefings/{id}/hold`, `/schedule`, `/approve`: when what is made of a briefing goes live, and on whose word.

Nothing here has anything spoken again. Decides nothing itself: `briefing.going_live.editions` does.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path

from api import schemas
from api.context import Context, Here, Publisher
from api.going_live import approved, heed_hold
from api.once import Asked, IdempotencyKey, once
from api.problems import KEY_PROBLEMS, Problem, responses
from api.seeing import ID, briefing_row
from briefing.accounts.audit import Action
from briefing.database import clock
from briefing.going_live import editions, holds, wishes
from briefing.hashing import stable_hash

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from briefing.accounts.keys import Caller
    from briefing.models import BriefingRow, RevisionRow

router = APIRouter(prefix="/v1/briefings", tags=["briefings"])

#: How far ahead a time may be set, and an embargo may end.
FARTHEST = timedelta(days=366)

BriefingId = Annotated[str, Path(pattern=f"^{ID}$", examples=["5f2b8c1e9a7d4036"])]

_PROBLEMS = (*KEY_PROBLEMS, "unknown_briefing", "idempotency_key_reused")


def within_a_year(at: datetime | None, now: datetime) -> None:
    """Raise Problem for a time that is too far ahead."""
    if at is not None and at - now > FARTHEST:
        raise Problem("invalid_request", "that is more than a year ahead")


@router.post(
    "/{briefing_id}/hold",
    status_code=202,
    summary="Have what is not live yet wait",
    responses=responses(*_PROBLEMS, "nothing_to_hold"),
)
def hold(
    briefing_id: BriefingId, context: Here, caller: Publisher, idempotency_key: IdempotencyKey = None
) -> schemas.Briefing:
    """What is being made, or finished and not live yet, waits until somebody publishes it or sets a time; so does what
    is made instead of it meanwhile. A time that was set is forgotten.
    """
    asked = Asked(Action.HOLD, caller, idempotency_key, stable_hash("hold/1", briefing_id))
    return _done(
        context, asked, briefing_id, lambda session, now: editions.hold(session, briefing_id, caller.name, now)
    )


@router.delete(
    "/{briefing_id}/hold",
    status_code=202,
    summary="Take a hold back",
    responses=responses(*_PROBLEMS, "not_held"),
)
def unhold(
    briefing_id: BriefingId, context: Here, caller: Publisher, idempotency_key: IdempotencyKey = None
) -> schemas.Briefing:
    """It goes live as if it had not been held: by itself, if its show publishes automatically."""
    asked = Asked(Action.UNHOLD, caller, idempotency_key, stable_hash("unhold/1", briefing_id))
    return _done(
        context, asked, briefing_id, lambda session, now: editions.unhold(session, briefing_id, now), "not_held"
    )


@router.post(
    "/{briefing_id}/schedule",
    status_code=202,
    summary="Set a time to go live",
    responses=responses(*_PROBLEMS, "nothing_to_hold", "held_by_colleague"),
)
def schedule(
    briefing_id: BriefingId,
    body: schemas.ScheduleRequest,
    context: Here,
    caller: Publisher,
    idempotency_key: IdempotencyKey = None,
) -> schemas.Briefing:
    """What is being made, or finished and not live yet, goes live at that second, in the newest state that is finished
    then; what is finished later, when it is. Another time takes the place of the first. Where a second person has to
    approve it, or an embargo lasts longer, it waits for that too. What a colleague holds goes on waiting for them,
    unless `release_hold` says otherwise.
    """
    at = body.at.astimezone(UTC)
    within_a_year(at, datetime.now(UTC))

    def work(session: Session, now: datetime) -> RevisionRow | None:
        heed_hold(session, briefing_id, caller, now, release=body.release_hold)
        return editions.schedule(session, briefing_id, at, caller.name, now)

    released = [True] if body.release_hold else []
    fingerprint = stable_hash("schedule/1", briefing_id, at.isoformat(), *released)
    return _done(
        context, Asked(Action.SCHEDULE, caller, idempotency_key, fingerprint, at.isoformat()), briefing_id, work
    )


@router.delete(
    "/{briefing_id}/schedule",
    status_code=202,
    summary="Take a time back",
    responses=responses(*_PROBLEMS, "not_scheduled"),
)
def unschedule(
    briefing_id: BriefingId, context: Here, caller: Publisher, idempotency_key: IdempotencyKey = None
) -> schemas.Briefing:
    """It waits for an editor instead."""
    asked = Asked(Action.UNSCHEDULE, caller, idempotency_key, stable_hash("unschedule/1", briefing_id))
    return _done(
        context,
        asked,
        briefing_id,
        lambda session, now: editions.unschedule(session, briefing_id, caller.name, now),
        "not_scheduled",
    )


@router.post(
    "/{briefing_id}/approve",
    status_code=202,
    summary="Approve what somebody else made",
    responses=responses(*_PROBLEMS, "not_held", "own_work", "revision_changed"),
)
def approve(
    briefing_id: BriefingId,
    context: Here,
    caller: Publisher,
    body: schemas.ApproveRequest | None = None,
    idempotency_key: IdempotencyKey = None,
) -> schemas.Briefing:
    """The second person's word for a finished revision, where its show asks for one (`sign_off`). It goes live then, if
    nothing else is waited for. Whoever asked for it, saved, edited or regenerated it since what is live was made cannot
    give it. Of two revisions, the word holds for the one whose number is sent.
    """
    seen = body.revision if body is not None else None

    def work(session: Session, now: datetime) -> tuple[RevisionRow, int]:
        return approved(session, briefing_id, caller, now, seen=seen), 202

    fingerprint = stable_hash("approve/1", briefing_id, *([seen] if seen is not None else []))
    asked = Asked(Action.APPROVE, caller, idempotency_key, fingerprint)
    return once(context, asked, work)[0]


def embargo(briefing_id: str, until: datetime | None, context: Context, caller: Caller) -> schemas.Briefing:
    """Set another time until which nothing of what is not live yet may be public, or end that, as asking for it with
    `embargo_until` does; but nothing is made for it. Raises Problem, also for what is live already, and where an
    article of several is under an embargo of its own for longer: then nothing is changed.
    """
    within_a_year(until, datetime.now(UTC))

    def change(session: Session, now: datetime) -> RevisionRow | None:
        wishes.embargo(session, briefing_id, until, now)
        row = briefing_row(session, briefing_id)
        revision = editions.pending(session, row)
        if revision is not None:
            _check_no_article_lasts(session, row, until)
        return revision

    action, detail = Action.SCHEDULE, f"under embargo until {until.isoformat()}" if until else "embargo"
    return _done(context, Asked(action if until else Action.UNSCHEDULE, caller, None, "", detail), briefing_id, change)


def _check_no_article_lasts(session: Session, briefing: BriefingRow, until: datetime | None) -> None:
    """Raise Problem where the embargo of one of several articles holds a briefing for longer than what was just said of
    it: the editor would be told of a change that changes nothing.
    """
    now = clock(session)
    article = holds.embargoed_article(session, briefing, max(until, now) if until else now)
    if article is not None and article.embargo_until is not None:
        name = f"{article.source}:{article.id}"
        ends = article.embargo_until.isoformat(timespec="minutes")
        message = f"its article {name} is under an embargo of its own until {ends}"
        raise Problem("embargoed", message, "Change or end that on the page of the article's own story.")


def _done(
    context: Context,
    asked: Asked,
    briefing_id: str,
    change: Callable[[Session, datetime], RevisionRow | None],
    nothing: str = "nothing_to_hold",
) -> schemas.Briefing:
    def work(session: Session, now: datetime) -> tuple[RevisionRow, int]:
        briefing_row(session, briefing_id)
        revision = change(session, now)
        if revision is None:
            raise Problem(nothing, "nothing of this briefing waits or is being made")
        return revision, 202

    return once(context, asked, work)[0]
