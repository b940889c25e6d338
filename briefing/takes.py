"""Takes and masters as rows: find them by key, save them, forget corrupt ones. Reads no audio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, select

from briefing.audio import Master, Take
from briefing.models import MasterRow, TakeRow
from briefing.sql.rows import add_unless_there, put

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

_TAKES = TakeRow.table()
_TAKE = select(*(_TAKES.c[name] for name in Take.model_fields)).where(_TAKES.c.key == bindparam("take"))

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


def stored_takes(session: Session, keys: Collection[str]) -> set[str]:
    """Return those of `keys` that have a stored take; their words are not read."""
    wanted, found = sorted(keys), set[str]()
    for start in range(0, len(wanted), _MOST_KEYS):
        found.update(session.scalars(select(TakeRow.key).where(TakeRow.key.in_(wanted[start : start + _MOST_KEYS]))))
    return found


def _take(row: TakeRow) -> Take:
    return Take.model_validate({name: getattr(row, name) for name in Take.model_fields})


def find_take(session: Session, key: str) -> Take | None:
    """Return the stored take of one chunk."""
    row = session.execute(_TAKE, {"take": key}).first()
    return Take.model_validate(row._asdict()) if row is not None else None


def save_take(session: Session, take: Take, now: datetime) -> Take:
    """Save a take unless its key has one already; return the one that counts. Needs a writing session."""
    if add_unless_there(session, TakeRow, **take.model_dump(mode="json"), created_at=now):
        return take
    return _take(session.get_one(TakeRow, take.key, populate_existing=True))


def forget_take(session: Session, key: str) -> None:
    """Remove a take's row, so that its chunk is spoken again."""
    session.execute(delete(TakeRow).where(TakeRow.key == key))


def find_master(session: Session, key: str) -> Master | None:
    """Return the master stored under `key`."""
    row = session.get(MasterRow, key)
    return Master.stored(row.content) if row is not None else None


def save_master(session: Session, master: Master, now: datetime) -> None:
    """Save a master, replacing one whose file was lost. Needs a writing session."""
    put(
        session,
        MasterRow,
        {"created_at": now},
        key=master.key,
        sha256=master.sha256,
        bytes=master.bytes,
        samples=master.samples,
        transcript=master.transcript,
        chapters=[cue.model_dump(mode="json") for cue in master.chapters],
        content=master.model_dump(mode="json"),
    )
