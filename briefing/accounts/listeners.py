"""Listeners with a private feed: added, found by their secret, revoked. Only a hash of the secret is kept."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from briefing import steps
from briefing.models import ListenerRow
from briefing.states import Queue, StepKind

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

_ID, _SECRET = re.compile(r"[0-9a-f]{16}"), re.compile(r"[A-Za-z0-9_-]{43}")

#: Characters of a name that are kept.
_MOST_NAME = 128


@dataclass(frozen=True)
class Listener:
    """Somebody with a private feed."""

    id: str
    show: str
    name: str
    created_at: datetime
    revoked_at: datetime | None


def add(session: Session, show: str, name: str, now: datetime) -> tuple[Listener, str]:
    """Record a listener of a show; return them and their secret, which cannot be shown again. Needs writing."""
    secret = secrets.token_urlsafe(32)
    row = ListenerRow(
        id=secrets.token_hex(8), show=show, name=name[:_MOST_NAME], secret_sha256=_hashed(secret), created_at=now
    )
    session.add(row)
    # The first one of a show has its feed written.
    steps.record(session, StepKind.PLACE, Queue.INTERACTIVE, payload={"feed": show})
    session.flush()
    return _told(row), secret


def renew(session: Session, listener: str) -> str | None:
    """Give a listener another secret in place of theirs and return it; None for one who is not there or was revoked.
    Needs writing.
    """
    row = session.get(ListenerRow, listener, with_for_update=True)
    if row is None or row.revoked_at is not None:
        return None
    secret = secrets.token_urlsafe(32)
    row.secret_sha256 = _hashed(secret)
    session.flush()
    return secret


def feed_path(listener: str, secret: str) -> str:
    """Return the address of a private feed below ours, without a leading slash."""
    return f"listeners/{listener}/{secret}/feed.xml"


def check(session: Session, listener: str, secret: str) -> Listener | None:
    """Return the listener of that secret, revoked ones too; None for a wrong one."""
    row = session.get(ListenerRow, listener) if _ID.fullmatch(listener) and _SECRET.fullmatch(secret) else None
    # Compared even where there is no row, so that the time taken does not tell which IDs exist.
    expected = row.secret_sha256 if row else _hashed("")
    same = hmac.compare_digest(expected.encode(), _hashed(secret).encode())
    return _told(row) if row is not None and same else None


def find(session: Session, listener: str) -> Listener | None:
    """Return the listener of that ID."""
    row = session.get(ListenerRow, listener)
    return _told(row) if row else None


def listed(session: Session, show: str | None) -> list[Listener]:
    """Return the listeners of a show, or of all, the oldest first."""
    rows = select(ListenerRow).order_by(ListenerRow.created_at, ListenerRow.id)
    return [_told(row) for row in session.scalars(rows if show is None else rows.where(ListenerRow.show == show))]


def revoke(session: Session, listener: str, now: datetime, show: str | None = None) -> bool:
    """Revoke a listener for good, of one show where it is named; False where there is none. Needs writing."""
    row = session.get(ListenerRow, listener)
    if row is None or (show is not None and row.show != show):
        return False
    row.revoked_at = row.revoked_at or now
    return True


def _told(row: ListenerRow) -> Listener:
    return Listener(row.id, row.show, row.name, row.created_at, row.revoked_at)


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
