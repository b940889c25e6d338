"""Editors' jingles as rows: recorded on upload, accepted or refused by a worker, listed, removed. Reads no audio.

A jingle is known by name and part. A new upload replaces the sound only once it has been checked.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal, get_args

from sqlalchemy import select

from briefing import steps
from briefing.errors import JingleRefused
from briefing.models import JingleRow, StepRow
from briefing.podcasts.show import JinglePart
from briefing.podcasts.shows import listed_shows
from briefing.sql.rows import add_unless_there
from briefing.states import Queue, StepKind, StepState
from briefing.values import Value, is_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sqlalchemy.orm import Session

    from briefing.podcasts.show import Show
    from briefing.storage import BlobStorage

#: Bytes of an upload: five minutes of CD sound are 50 MB, and no jingle is that long.
MOST_BYTES = 20_000_000

#: What a jingle can be for.
PARTS: tuple[JinglePart, ...] = get_args(JinglePart)

_MOST_MESSAGE = 500


class StoredJingle(Value):
    """An editors' jingle."""

    name: str
    part: JinglePart
    state: Literal["pending", "ready", "failed"]
    """Of the newest upload."""
    sha256: str | None
    """Of the FLAC file in storage that programmes use; None before one has been checked."""
    seconds: float | None
    loudness_lufs: float | None
    """Of its loudest 3 s, as dual mono."""
    error_code: str | None = None
    error_message: str | None = None
    changed_at: datetime


class ConformedJingle(Value):
    """A checked jingle's sound."""

    sha256: str
    """Of the FLAC file in storage."""
    seconds: float
    loudness_lufs: float


def check_name(name: str) -> str:
    """Return the name. Raises JingleRefused for what is no name."""
    if not is_name(name):
        message = f"{name!r} is not a name: use letters, digits, '.', '_' and '-', at most 128"
        raise JingleRefused(message, hint="Name it like morning-show.")
    return name


def list_jingles(session: Session) -> list[StoredJingle]:
    """Return all jingles, by name and part."""
    rows = session.scalars(select(JingleRow).order_by(JingleRow.name, JingleRow.part))
    return [_stored(session, row) for row in rows]


def find_jingle(session: Session, name: str, part: JinglePart) -> StoredJingle:
    """Return a jingle. Raises JingleRefused (unknown_jingle)."""
    return _stored(session, _row(session, name, part))


def jingle_files(session: Session, storage: BlobStorage) -> Mapping[tuple[str, JinglePart], Path]:
    """Return where the sound of each usable jingle lies."""
    found: dict[tuple[str, JinglePart], Path] = {}
    for jingle in list_jingles(session):
        path = storage.path(jingle.sha256) if jingle.sha256 is not None else None
        if path is not None:
            found[jingle.name, jingle.part] = path
    return found


def record_upload(session: Session, name: str, part: JinglePart, upload: str, now: datetime) -> StoredJingle:
    """Note an upload, stored under `upload`, and the step that checks it. Needs a writing session."""
    step = steps.record(
        session, StepKind.JINGLE, Queue.INTERACTIVE, payload={"name": name, "part": part, "upload": upload}
    )
    session.flush()
    row = _row_for(session, name, part, now)
    row.state, row.upload, row.step_id = "pending", upload, step.id
    row.error_code = row.error_message = None
    session.flush()
    return _stored(session, row)


def put_jingle(
    session: Session, name: str, part: JinglePart, upload: str, conformed: ConformedJingle, now: datetime
) -> StoredJingle:
    """Record a jingle that has been checked already. Needs a writing session."""
    row = _row_for(session, name, part, now)
    row.upload, row.step_id = upload, None
    _accept(row, conformed)
    session.flush()
    return _stored(session, row)


def settle_upload(
    session: Session, name: str, part: JinglePart, upload: str, outcome: ConformedJingle | JingleRefused, now: datetime
) -> None:
    """Note what came of an upload, unless another has taken its place or it was removed. Needs a writing session."""
    row = session.get(JingleRow, (name, part), with_for_update=True)
    if row is None or row.upload != upload or row.state != "pending":
        return
    row.changed_at = now
    if isinstance(outcome, ConformedJingle):
        _accept(row, outcome)
    else:
        row.state, row.error_code, row.error_message = "failed", outcome.code, outcome.message[:_MOST_MESSAGE]
    session.flush()


def remove_jingle(session: Session, name: str, part: JinglePart) -> None:
    """Remove a jingle. Its sound stays in storage. Needs a writing session.

    Raises JingleRefused (unknown_jingle, jingle_in_use).
    """
    row = _row(session, name, part)
    users = [slug for slug, show in listed_shows(session).items() if _names(show, part) == name]
    if users:
        message = f"the {part} jingle {name!r} is used by {', '.join(users)}"
        hint = "Name another in briefcast.toml and apply it first."
        raise JingleRefused(message, code="jingle_in_use", hint=hint)
    session.delete(row)
    session.flush()


def _names(show: Show, part: JinglePart) -> str | None:
    named: str | None = getattr(show, part)
    return named


def _accept(row: JingleRow, conformed: ConformedJingle) -> None:
    row.sha256, row.seconds, row.loudness_lufs = conformed.sha256, conformed.seconds, conformed.loudness_lufs
    row.state, row.error_code, row.error_message = "ready", None, None


def _row(session: Session, name: str, part: JinglePart) -> JingleRow:
    row = session.get(JingleRow, (name, part))
    if row is None:
        message = f"there is no {part} jingle {name!r}"
        raise JingleRefused(message, code="unknown_jingle", hint="List them with `briefcast jingles list`.")
    return row


def _row_for(session: Session, name: str, part: JinglePart, now: datetime) -> JingleRow:
    add_unless_there(session, JingleRow, name=name, part=part, changed_at=now, state="pending", upload="")
    row = session.get_one(JingleRow, (name, part), with_for_update=True)
    row.changed_at = now
    return row


def _stored(session: Session, row: JingleRow) -> StoredJingle:
    found = {name: getattr(row, name) for name in StoredJingle.model_fields}
    step = session.get(StepRow, row.step_id) if row.state == "pending" and row.step_id is not None else None
    if step is not None and step.state == StepState.DEAD.value:
        # Its worker vanished three times over, or the disk stayed full: nobody is left to say so.
        found |= {"state": "failed", "error_code": step.error_code, "error_message": "it could not be checked"}
    return StoredJingle.model_validate(found)
