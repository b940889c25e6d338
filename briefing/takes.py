"""Takes and masters as rows: find them by key, save them, forget corrupt ones. Reads no audio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from briefing.audio import Master, Take
from briefing.models import MasterRow, TakeRow

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

#: SQLite takes at most 32,766 parameters in one statement.
_MOST_KEYS = 10_000


def find_takes(session: Session, keys: Collection[str]) -> dict[str, Take]:
    """Return the stored takes among `keys`."""
    wanted = sorted(keys)
    found: dict[str, Take] = {}
    for start in range(0, len(wanted), _MOST_KEYS):
        rows = session.scalars(select(TakeRow).where(TakeRow.key.in_(wanted[start : start + _MOST_KEYS])))
        found.update({row.key: _take(row) for row in rows})
    return found


def _take(row: TakeRow) -> Take:
    return Take.model_validate({name: getattr(row, name) for name in Take.model_fields})


def save_take(session: Session, take: Take, now: datetime) -> Take:
    """Save a take unless its key has one already; return the one that counts. Needs a writing session."""
    row = session.get(TakeRow, take.key)
    if row is not None:
        return _take(row)
    session.add(TakeRow(**take.model_dump(mode="json"), created_at=now))
    session.flush()
    return take


def forget_take(session: Session, key: str) -> None:
    """Remove a take's row, so that its chunk is spoken again."""
    session.execute(delete(TakeRow).where(TakeRow.key == key))


def find_master(session: Session, key: str) -> Master | None:
    """Return the master stored under `key`."""
    row = session.get(MasterRow, key)
    return Master.stored(row.content) if row is not None else None


def save_master(session: Session, master: Master, now: datetime) -> None:
    """Save a master, replacing one whose file was lost. Needs a writing session."""
    row = session.get(MasterRow, master.key)
    if row is None:
        row = MasterRow(key=master.key, created_at=now)
        session.add(row)
    row.sha256, row.bytes, row.samples = master.sha256, master.bytes, master.samples
    row.transcript = master.transcript
    row.chapters = [cue.model_dump(mode="json") for cue in master.chapters]
    row.content = master.model_dump(mode="json")
    session.flush()
