"""Stored bytes that no row names: condemned first, removed an hour later if that is still so; and staged ones.

A worker that found a row just before it went writes it again within its step's deadline, and so keeps the bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, func, or_, select, update

from briefing.failpoints import Failpoint, reach
from briefing.models import CondemnedRow, JingleRow, MasterRow, StepRow, TakeRow
from briefing.sql.rows import add_all_unless_there
from briefing.states import StepKind, StepState
from briefing.storage.interfaces import YOUNG_S
from worker.upkeep.pace import within

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from briefing.database import Database
    from briefing.storage import BlobStorage, PublicStorage

#: Seconds for which bytes stay condemned: longer than the longest step (assembling, half an hour) holds on to a row.
GRACE_S = 3600.0


def condemn(session: Session, names: Iterable[str], now: float) -> None:
    """Note bytes that no row names any more. Needs a writing session. `now` in seconds since the epoch."""
    # Two collectors may condemn the same bytes at once; the first moment counts.
    add_all_unless_there(session, CondemnedRow, [{"sha256": sha256, "since": now} for sha256 in sorted(set(names))])


def condemn_masters(session: Session, keys: Iterable[str], now: float) -> None:
    """Remove masters that nothing is heard by any more, and condemn what they name. Needs a writing session."""
    those = MasterRow.key.in_(list(keys))
    named = session.execute(select(MasterRow.sha256, MasterRow.transcript, MasterRow.picture).where(those)).all()
    condemn(session, [sha256 for row in named for sha256 in row if sha256], now)
    session.execute(delete(MasterRow).where(those))


def is_named(session: Session, sha256: str) -> bool:
    """Tell whether a row or an open step names stored bytes."""
    if session.scalar(
        select(
            or_(
                exists().where(TakeRow.sha256 == sha256),
                exists().where(MasterRow.sha256 == sha256),
                exists().where(MasterRow.transcript == sha256),
                exists().where(MasterRow.picture == sha256),
                exists().where(or_(JingleRow.sha256 == sha256, JingleRow.upload == sha256)),
            )
        )
    ):
        return True
    open_uploads = session.scalars(
        select(StepRow.payload).where(
            StepRow.kind == StepKind.JINGLE.value, StepRow.state.not_in([StepState.DONE.value, StepState.DEAD.value])
        )
    )
    return any(payload.get("upload") == sha256 for payload in open_uploads)


def is_accounted_for(session: Session, sha256: str) -> bool:
    """Tell whether something names stored bytes, or they are condemned: those go by themselves, in their time."""
    return session.get(CondemnedRow, sha256) is not None or is_named(session, sha256)


def due_bytes(session: Session, now: float) -> int:
    """Return how many have been condemned for long enough."""
    due = select(func.count()).select_from(CondemnedRow).where(CondemnedRow.since < now - GRACE_S)
    return session.scalar(due) or 0


def collect_bytes(database: Database, storage: BlobStorage, now: float, batch: int) -> int:
    """Remove what has been condemned for long enough, as much as there is time for; return how many.

    `now` in seconds since the epoch. Raises DatabaseUnavailable or StorageUnavailable.
    """
    with database.reading() as session:
        due = session.scalars(
            select(CondemnedRow.sha256)
            .where(CondemnedRow.since < now - GRACE_S)
            .order_by(CondemnedRow.since)
            .limit(batch)
        ).all()
    removed = 0
    for sha256 in within(due):
        with database.writing() as session:
            named = is_named(session, sha256)
            gone = not named and storage.remove_older(sha256, now - YOUNG_S)
            removed += gone
            reach(Failpoint.RETENTION_ERASED)
            this = CondemnedRow.sha256 == sha256
            if named or gone or not storage.has(sha256):
                session.execute(delete(CondemnedRow).where(this))
            else:
                # Younger than a day: somebody may have stored it again and be about to write its row. It is looked at
                # anew, an hour later each time: no row names it, and nothing else would ever have it go.
                session.execute(update(CondemnedRow).where(this).values(since=now))
    return removed


def old_staged(storages: Iterable[PublicStorage], now: float) -> dict[str, PublicStorage]:
    """Return what was staged for a publication that nobody finished, by name, and where: members' files and public ones
    may be staged in one place. `now` in seconds since the epoch.

    Raises StorageUnavailable.
    """
    return {file.name: storage for storage in storages for file in storage.staged() if file.modified < now - YOUNG_S}


def remove_staged(storages: Iterable[PublicStorage], now: float) -> int:
    """Remove that; return how many. Raises StorageUnavailable."""
    old = old_staged(storages, now)
    for name, storage in old.items():
        storage.remove_staged(name)
    return len(old)
