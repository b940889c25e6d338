"""API keys: made, checked, revoked. Only a hash of the secret is kept; the key itself is shown once.

A key reads `bc_<id>_<secret>`: the ID finds the row, 32 random bytes make guessing hopeless, so a plain SHA-256 is
enough (a slow hash protects guessable passwords, which these are not).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select, update

from briefing.limits import KeyLimits, limits_of
from briefing.models import ActionLinkRow, KeyRow
from briefing.settings import QuotaSettings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

_KEY = re.compile(r"bc_([0-9a-f]{8})_([A-Za-z0-9_-]{43})")

#: A key's last use is noted at most this often: a write per request would make readers wait for writers.
_NOTE_USE_EVERY = timedelta(minutes=10)

#: Asked at every request: without the ORM, and worded once.
_KEYS = KeyRow.table()
_ROW = select(_KEYS).where(_KEYS.c.id == bindparam("key"))


_MOST_NAME = 128


class Scope(StrEnum):
    """What a key may do."""

    READ = "read"
    """See briefings, scripts and progress, unpublished ones included."""
    GENERATE = "generate"
    """Ask for briefings and regenerate them."""
    PUBLISH = "publish"
    """Publish what is held."""
    AUDIENCE = "audience"
    """See audience figures."""
    ADMIN = "admin"
    """All of it."""


@dataclass(frozen=True)
class Caller:
    """Who a request comes from."""

    key_id: str
    name: str
    scopes: frozenset[Scope]
    limits: KeyLimits = field(default_factory=KeyLimits)
    """Defaults filled in."""
    use_is_due: bool = False
    """Whether the key's use should be noted by `note_use`."""

    def may(self, scope: Scope) -> bool:
        """Tell whether the caller has `scope`."""
        return scope in self.scopes or Scope.ADMIN in self.scopes


def create(
    session: Session,
    name: str,
    scopes: Iterable[Scope],
    now: datetime,
    expires_at: datetime | None = None,
    limits: KeyLimits | None = None,
) -> str:
    """Record a new key and return it; it cannot be shown again. Needs a writing session.

    Of a name longer than the column the beginning is kept: names are for people.
    """
    key_id, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    session.add(
        KeyRow(
            id=key_id,
            name=name[:_MOST_NAME],
            secret_sha256=_hashed(secret),
            scopes=sorted(scope.value for scope in scopes),
            created_at=now,
            expires_at=expires_at,
            limits=limits.model_dump(exclude_none=True) if limits is not None else None,
        )
    )
    return f"bc_{key_id}_{secret}"


def check(session: Session, key: str, now: datetime, quotas: QuotaSettings | None = None) -> Caller | None:
    """Return whom `key` belongs to, or None for one that is unknown, expired or revoked.

    `quotas` are what counts where the key says nothing of its own.
    """
    match = _KEY.fullmatch(key)
    row = session.execute(_ROW, {"key": match.group(1)}).first() if match else None
    # Compared even where there is no row, so that the time taken does not tell which IDs exist.
    expected = row.secret_sha256 if row else _hashed("")
    given = _hashed(match.group(2) if match else "")
    same = hmac.compare_digest(expected.encode(), given.encode())
    if row is None or not same or row.revoked_at or (row.expires_at and row.expires_at <= now):
        return None
    limits = limits_of(row.limits, quotas or QuotaSettings())
    due = row.last_used_at is None or now - row.last_used_at > _NOTE_USE_EVERY
    return Caller(row.id, row.name, frozenset(Scope(scope) for scope in row.scopes), limits, due)


def note_use(session: Session, key_id: str, now: datetime) -> None:
    """Note that a key was used. Needs a writing session."""
    session.get_one(KeyRow, key_id).last_used_at = now


def revoke(session: Session, key_id: str, now: datetime) -> bool:
    """Revoke a key for good, and the links made with it; False when there is none of that ID. Needs writing."""
    row = session.get(KeyRow, key_id)
    if row is None:
        return False
    row.revoked_at = row.revoked_at or now
    session.flush()
    # What it let others do ends with it, unless it is renewed: that is another key of its name.
    same = select(KeyRow.id).where(KeyRow.name == row.name, KeyRow.revoked_at.is_(None))
    if session.scalar(same.limit(1)) is None:
        theirs = (ActionLinkRow.made_by == row.name, ActionLinkRow.ends_at > now)
        session.execute(update(ActionLinkRow).where(*theirs).values(ends_at=now))
    return True


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
