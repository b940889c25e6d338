"""Lets go of ledgers' rows when their time is over: answers, estimates, what was spent, lanes, who changed what.

A batch of each at a time. No row here names stored bytes or is named by a feed; what work under way goes by stays: an
estimate that is being measured, the days of a month's budget, a lane in which something waits.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Delete, Select, and_, delete, func, inspect, select, tuple_, update
from sqlalchemy.orm import aliased

from briefing.digesting.summary_sources import KEPT as SUMMARIES_KEPT
from briefing.following.hooks import REMEMBERED_S
from briefing.models import (
    ActionLinkRow,
    AuditRow,
    DeliveryRow,
    EstimateRow,
    IdempotencyRow,
    LaneRow,
    NoticeRow,
    ReportRow,
    RespeakRow,
    RevisionRow,
    SampleRow,
    SpentRow,
    StepRow,
    SummaryRow,
    VocabularyRow,
    WelcomeRow,
)
from briefing.pronunciations.samples import KEPT
from briefing.requesting.estimates import VALID
from briefing.requesting.spending import day_of
from briefing.states import UNFINISHED, RevisionState

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from briefing.database import Database
    from briefing.models import Base
    from briefing.settings import RetentionSettings

#: Longer than the same is not told again, and than how far back is looked (`worker.notices.due`).
_NOTICES_KEPT = timedelta(days=2)


def let_go(database: Database, keep: RetentionSettings, now: datetime, batch: int) -> dict[str, int]:
    """Remove up to `batch` rows of each ledger that are over; return how many of which. Raises DatabaseUnavailable."""
    gone: dict[str, int] = {}
    with database.writing() as session:
        # Processes of before the column did not say when; from now on counts.
        session.execute(update(LaneRow).where(LaneRow.used_at.is_(None)).values(used_at=now.timestamp()))
    for name, (kind, over) in _over(keep, now).items():
        with database.writing() as session:
            removed: Any = session.execute(_deleting(kind, over, batch))
            gone[name] = removed.rowcount
    return gone


def due(session: Session, keep: RetentionSettings, now: datetime) -> dict[str, int]:
    """Return how many rows of each ledger are over."""
    return {
        name: session.scalar(select(func.count()).select_from(kind).where(over)) or 0
        for name, (kind, over) in _over(keep, now).items()
    }


def _over(keep: RetentionSettings, now: datetime) -> dict[str, tuple[type[Base], ColumnElement[bool]]]:
    """Return which rows of each ledger are over."""
    return {
        "answers": (IdempotencyRow, IdempotencyRow.created_at < now - timedelta(days=keep.answers_days)),
        "estimates": (
            EstimateRow,
            and_(
                EstimateRow.state != "measuring",
                EstimateRow.created_at < now - VALID - timedelta(days=keep.estimates_days),
            ),
        ),
        "spent": (SpentRow, SpentRow.day < day_of(now - timedelta(days=keep.spent_days))),
        "lanes": (LaneRow, and_(LaneRow.used_at < now.timestamp() - keep.lanes_days * 86_400, _served())),
        # Of what was withdrawn or made members' elsewhere; a newer revision has its words in the place of the old ones.
        "vocabularies": (VocabularyRow, VocabularyRow.revision_id.in_(_not_live())),
        "respeaks": (
            RespeakRow,
            and_(RespeakRow.state != "recording", RespeakRow.created_at < now - timedelta(days=keep.respeaks_days)),
        ),
        "samples": (SampleRow, SampleRow.created_at < now - KEPT),
        "reports": (ReportRow, ReportRow.last_at < now - timedelta(days=keep.reports_days)),
        "notices": (NoticeRow, NoticeRow.at < now - _NOTICES_KEPT),
        # For as long as it is told what was done by them; for whom they were is somebody's name.
        "links": (ActionLinkRow, ActionLinkRow.ends_at < now - timedelta(days=keep.audit_days)),
        "welcomes": (WelcomeRow, WelcomeRow.ends_at < now),
        "summaries": (SummaryRow, SummaryRow.created_at < now - SUMMARIES_KEPT),
        "deliveries": (DeliveryRow, DeliveryRow.received_at < now - timedelta(seconds=REMEMBERED_S)),
        "audit": (AuditRow, AuditRow.at < now - timedelta(days=keep.audit_days)),
    }


def _not_live() -> Select[Any]:
    """Return the revisions with words noted that are not live any more."""
    return (
        select(RevisionRow.id)
        .join(VocabularyRow, VocabularyRow.revision_id == RevisionRow.id)
        .where(RevisionRow.state != RevisionState.LIVE.value)
    )


def _served() -> ColumnElement[bool]:
    """Return the condition of a lane that has been served: a new one of its name would come to stand at its place.

    Nothing waits at its rank or below, and it is not the one that tells how far its queue has come
    (`briefing.requesting.ranks`).
    """
    other = aliased(LaneRow)
    newest = select(func.max(other.rank)).where(other.queue == LaneRow.queue).scalar_subquery()
    waiting = (
        select(StepRow.id)
        .where(StepRow.queue == LaneRow.queue, StepRow.state.in_(UNFINISHED), StepRow.rank <= LaneRow.rank)
        .exists()
    )
    return and_(LaneRow.rank < newest, ~waiting)


def _deleting(kind: type[Base], over: ColumnElement[bool], batch: int) -> Delete:
    key = tuple_(*inspect(kind).primary_key)
    # Looked at once more where it is removed: a row may have come into use since it was found.
    return delete(kind).where(key.in_(select(*inspect(kind).primary_key).where(over).limit(batch)), over)
