"""What is kept of sources' connections: keys and secrets, what to look at, what was accepted, how polling goes.

Secrets are handed out to what signs or verifies with them, and to nothing that shows or logs. Decides nothing of what
follows from a change (`briefing.following.noticing`), and asks no CMS.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select, update

from briefing import steps
from briefing.database import clock_s, database_clock
from briefing.errors import SecretUnreadable
from briefing.following.hooks import new_secret
from briefing.models import ConnectionRow, DeliveryRow, LookRow, SourceRow, StepRow
from briefing.secrets.sealed import whose_webhook
from briefing.secrets.sealing import seal, unseal
from briefing.sql.rows import add_unless_there
from briefing.states import UNFINISHED, Queue, StepKind, StepState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from briefing.following.hooks import Told

#: Longest pause between two polls of a source that fails, in seconds.
_LONGEST_S = 900.0

#: Polls in a row that fail before it is told: once may be a restart of the CMS.
FAILING = 3

#: Days for which secrets of before verify beside a new one.
_GRACE = timedelta(days=7)


@dataclass(frozen=True)
class Due:
    """An article that is to be looked at now."""

    id: str
    asked: int
    told: dict[str, Any] | None


def locked(session: Session, source: str, now: datetime) -> ConnectionRow:
    """Return a source's connection, made where there is none, locked until the transaction ends. Needs writing."""
    add_unless_there(session, ConnectionRow, source=source, began_at=now, by_command=False, failures=0)
    return session.get_one(ConnectionRow, source, with_for_update={"key_share": True}, populate_existing=True)


def hook_secrets(row: ConnectionRow | None, now: datetime) -> list[str]:
    """Return the secrets that a source's webhooks may be signed with now, the newest first. One that cannot be read, as
    its sealing key was lost, is in the way of no other. Raises SecretUnreadable where none can be.
    """
    if row is None:
        return []
    kept = [one for one in row.hook_secrets or [] if one["ends_at"] is None or one["ends_at"] > now.timestamp()]
    found, lost = [], None
    for one in kept:
        try:
            found.append(unseal(one["secret"], whose_webhook(row.source)))
        except SecretUnreadable as error:
            lost = error
    if lost is not None and not found:
        raise lost
    return found


def rotate_secret(session: Session, source: str, now: datetime, *, at_once: bool = False) -> str:
    """Return a new secret for a source's webhooks; those of before verify for a week more, or not `at_once`."""
    row = locked(session, source, now)
    ends = (now + (timedelta() if at_once else _GRACE)).timestamp()
    earlier = [one | {"ends_at": min(one["ends_at"] or ends, ends)} for one in row.hook_secrets or []]
    secret = new_secret()
    row.hook_secrets = [
        {"secret": seal(secret, whose_webhook(source)), "ends_at": None},
        *(one for one in earlier if one["ends_at"] > now.timestamp()),
    ]
    session.flush()
    return secret


def accept(session: Session, source: str, delivery: str, now: datetime) -> bool:
    """Note that a webhook was accepted; False where it was before. Needs a writing session."""
    new = add_unless_there(session, DeliveryRow, source=source, id=delivery, received_at=now)
    if new:
        session.execute(update(ConnectionRow).where(ConnectionRow.source == source).values(heard_at=now))
    return new


def look_at(session: Session, source: str, article: str, *, due_at: float = 0.0, told: Told | None = None) -> None:
    """Have an article looked at, now or at `due_at` (seconds since the epoch). What is asked for sooner counts; of what
    was told, the later moment. Who is not at the source just now calls `rouse` too. Needs a writing session.
    """
    said = told.model_dump(mode="json") if told is not None else None
    # Before the look's row, as everybody does.
    locked(session, source, datetime.now(UTC))
    if not add_unless_there(session, LookRow, source=source, article_id=article, due_at=due_at, told=said, asked=0):
        row = session.get(LookRow, (source, article), with_for_update=True, populate_existing=True)
        if row is None:  # looked at in this very moment
            look_at(session, source, article, due_at=due_at, told=told)
            return
        row.asked += 1
        row.due_at = min(row.due_at, due_at)
        if said is not None:
            row.told = _both(row.told, said)
        session.flush()


def _both(before: Mapping[str, Any] | None, said: dict[str, Any]) -> dict[str, Any]:
    """Return what counts of two things that were told of an article: the later one. What either of them corrects is
    corrected, and for whom it is holds, as both are looked at as one.
    """
    if before is None:
        return said
    first, last = (before, said) if _moment(said) >= _moment(before) else (said, before)
    both = {**last, "correction": last.get("correction") or first.get("correction")}
    both["visibility"] = last.get("visibility") or first.get("visibility")
    if last["kind"] == "visibility" and first["kind"] in {"published", "updated"}:
        # That it was saved is no less so.
        both["kind"] = first["kind"]
    return both


def _moment(told: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(told["updated_at"])


def rouse(session: Session, source: str, due_at: float = 0.0) -> None:
    """Have a source's step come by then at the latest; recorded where there is none. Needs a writing session."""
    locked(session, source, datetime.now(UTC))
    found = session.scalars(_steps_of(source)).all()
    for step in found:
        # Whoever is at it finds out what is due when it ends.
        if step.state == StepState.READY.value and (step.not_before or 0.0) > due_at:
            step.not_before, step.rung_at = due_at or None, None
    if not found:
        record_step(session, source, due_at)
    session.flush()


def record_step(session: Session, source: str, due_at: float = 0.0) -> None:
    """Record a source's step. Needs its connection's lock, under which there is none yet."""
    steps.record(session, StepKind.POLL, Queue.INTERACTIVE, payload={"source": source}, not_before=due_at or None)


def rouse_in(session: Session, step_id: int, delay_s: float) -> None:
    """Have a step that has just been made ready come sooner."""
    session.execute(
        update(StepRow).where(StepRow.id == step_id).values(not_before=database_clock() + delay_s, rung_at=None)
    )


def keep_with_step(session: Session, step_id: int, payload: dict[str, Any]) -> None:
    """Write down what a source's step is to know the next time; `payload` has what it knew besides."""
    session.execute(update(StepRow).where(StepRow.id == step_id).values(payload=payload))


def end_step(session: Session, step_id: int) -> None:
    """End the step of a source that is not polled, where nothing is to be looked at."""
    session.execute(update(StepRow).where(StepRow.id == step_id).values(state=StepState.DONE.value, not_before=None))


def with_step(session: Session) -> frozenset[str]:
    """Return the names of the sources that have a step."""
    found = session.scalars(
        select(StepRow.payload).where(
            StepRow.revision_id.is_(None), StepRow.kind == StepKind.POLL.value, StepRow.state.in_(UNFINISHED)
        )
    )
    return frozenset(str(payload.get("source")) for payload in found)


def _steps_of(source: str) -> Select[StepRow]:
    return (
        select(StepRow)
        .where(
            # In this form there is an index for it.
            StepRow.revision_id.is_(None),
            StepRow.kind == StepKind.POLL.value,
            StepRow.state.in_(UNFINISHED),
            StepRow.payload["source"].as_string() == source,
        )
        .order_by(StepRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def due_looks(session: Session, source: str, most: int = 50) -> list[Due]:
    """Return which articles are to be looked at now, those that are due longest first."""
    rows = session.scalars(
        select(LookRow)
        .where(LookRow.source == source, LookRow.due_at <= database_clock())
        .order_by(LookRow.due_at, LookRow.article_id)
        .limit(most)
    )
    return [Due(row.article_id, row.asked, row.told) for row in rows]


def looked_at(session: Session, source: str, looks: Sequence[Due]) -> None:
    """Forget what was to be looked at, but for what has been asked for again since. Needs a writing session."""
    if looks:
        # Before a look's row, as everybody does.
        locked(session, source, datetime.now(UTC))
    for look in looks:
        session.execute(
            delete(LookRow).where(
                LookRow.source == source,
                LookRow.article_id == look.id,
                LookRow.asked == look.asked,
                LookRow.due_at <= database_clock(),
            )
        )


def put_off(session: Session, source: str, looks: Sequence[Due], delay_s: float) -> None:
    """Have what was to be looked at come again in `delay_s` seconds, but for what has been asked for again since. Needs
    a writing session.
    """
    locked(session, source, datetime.now(UTC))
    for look in looks:
        session.execute(
            update(LookRow)
            .where(LookRow.source == source, LookRow.article_id == look.id, LookRow.asked == look.asked)
            .values(due_at=database_clock() + delay_s)
        )


def next_look_s(session: Session, source: str) -> float | None:
    """Return the seconds until something of a source is to be looked at, None where nothing is."""
    first = session.scalar(select(func.min(LookRow.due_at)).where(LookRow.source == source))
    if first is None:
        return None
    return max(0.0, float(first) - clock_s(session))


def failing(session: Session) -> list[ConnectionRow]:
    """Return the connections of listed sources that fail, by name."""
    return list(
        session.scalars(
            select(ConnectionRow)
            .join(SourceRow, SourceRow.name == ConnectionRow.source)
            .where(SourceRow.listed, ConnectionRow.failures >= FAILING)
            .order_by(ConnectionRow.source)
        )
    )


def pause_s(failures: int, usual_s: float) -> float:
    """Return the seconds until the next poll after so many failures in a row: twice as long with each."""
    return max(usual_s, min(_LONGEST_S, usual_s * 2.0 ** min(failures, 20))) if failures else usual_s
