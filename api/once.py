"""A changing request done once: in one transaction with its answer and its audit row, found again by its key.

A client whose connection broke may send the same again and gets the same briefing, or what else was made, whether the
first was recorded or not. Of two at the same time the second waits for the first and gets its answer; none is told that
one is in flight.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

from fastapi import Header
from sqlalchemy.exc import IntegrityError

from api import views
from api.problems import Problem
from briefing.accounts import audit
from briefing.models import BriefingRow, IdempotencyRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from api import schemas
    from api.context import Context
    from briefing.accounts.audit import Action
    from briefing.accounts.keys import Caller
    from briefing.models import RevisionRow

_View = TypeVar("_View")

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=255,
        pattern=r"^[ -~]+$",
        description="Repeat safely: the same key and request name the same briefing, respeak, estimate or listener.",
    ),
]


@dataclass(frozen=True)
class Sent:
    """A changing request, which its own work audits."""

    caller: Caller
    key: str | None
    """Its Idempotency-Key."""
    fingerprint: str
    """Hash of what it asks for; the same key with another is a mistake."""


@dataclass(frozen=True)
class Asked:
    """One that is answered with a briefing, and audited here."""

    action: Action
    caller: Caller
    key: str | None
    fingerprint: str
    detail: str = ""
    """What the audit says of it beside."""


def once(
    context: Context, asked: Asked, work: Callable[[Session, datetime], tuple[RevisionRow, int]]
) -> tuple[schemas.Briefing, int]:
    """Return the briefing and the HTTP status: of `work`, which gives its revision, or of what was answered before.

    Raises Problem for a key that was used with another request, and what `work` raises.
    """

    def audited(session: Session, now: datetime) -> tuple[str, int]:
        revision, status = work(session, now)
        briefing, number = revision.briefing_id, revision.number
        audit.record(session, now, asked.action, asked.caller, briefing=briefing, revision=number, detail=asked.detail)
        return briefing, status

    def shown(session: Session, briefing: str, status: int) -> tuple[schemas.Briefing, int]:
        return views.briefing(session, session.get_one(BriefingRow, briefing), context), status

    return _answer(context, Sent(asked.caller, asked.key, asked.fingerprint), audited, shown)


def once_named(
    context: Context,
    sent: Sent,
    work: Callable[[Session, datetime], str],
    shown: Callable[[Session, str], _View],
) -> _View:
    """Return what `shown` makes of the ID that `work` gives, or of the one that was given before.

    Raises as `once` does, and what `shown` raises.
    """
    return _answer(
        context, sent, lambda session, now: (work(session, now), 0), lambda session, named, _: shown(session, named)
    )


def _answer(
    context: Context,
    sent: Sent,
    work: Callable[[Session, datetime], tuple[str, int]],
    shown: Callable[[Session, str, int], _View],
) -> _View:
    try:
        return _answered_once(context, sent, work, shown)
    except IntegrityError:
        # Where writers run side by side, two equal ones meet at a unique row. The other has committed: it counts.
        return _answered_once(context, sent, work, shown)


def _answered_once(
    context: Context,
    sent: Sent,
    work: Callable[[Session, datetime], tuple[str, int]],
    shown: Callable[[Session, str, int], _View],
) -> _View:
    now = datetime.now(UTC)
    with context.database.writing() as session:
        answered = _answered(session, sent)
        if answered is not None:
            return shown(session, answered.answered_id, answered.status)
        named, status = work(session, now)
        _remember(session, sent, named, status, now)
        session.flush()
        return shown(session, named, status)


def _answered(session: Session, sent: Sent) -> IdempotencyRow | None:
    if sent.key is None:
        return None
    row = session.get(IdempotencyRow, (sent.caller.key_id, sent.key))
    if row is not None and row.fingerprint != sent.fingerprint:
        detail = f"the key {sent.key[:60]!r} was used with another request"
        raise Problem("idempotency_key_reused", detail, "Use a new key.")
    return row


def _remember(session: Session, sent: Sent, named: str, status: int, now: datetime) -> None:
    if sent.key is not None:
        session.add(
            IdempotencyRow(
                key_id=sent.caller.key_id,
                idempotency_key=sent.key,
                fingerprint=sent.fingerprint,
                answered_id=named,
                status=status,
                created_at=now,
            )
        )
