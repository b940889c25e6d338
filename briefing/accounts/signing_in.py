"""Who is signed in at the desk, and who has to wait before the next try.

A signed-in browser holds 32 random bytes; their hash finds the row. Tries are counted in the database, so that several
API processes count together. Knows no cookies.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from briefing.accounts.roles import Role
from briefing.accounts.users import clean_name, digest
from briefing.audience.clients import network
from briefing.database import database_clock
from briefing.models import SignInRow, SignInStartRow, TryRow, UserRow
from briefing.sql.rows import add_unless_there

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

#: How long one stays signed in without doing anything, and at all.
IDLE, LONGEST = timedelta(hours=12), timedelta(days=7)

#: How long one may be away at the provider.
AWAY = timedelta(minutes=10)

#: A sign-in's last use is noted at most this often: a write per request would make readers wait for writers.
_NOTE_USE_EVERY = timedelta(minutes=5)

#: Failures that cost nothing, of a name and of an address, where a whole newsroom may sit.
_FREE = {"name": 5, "address": 20}

#: Longest wait in seconds. A name's is short: whoever guesses from many addresses keeps its owner out only so long.
_LONGEST_S = {"name": 60.0, "address": 900.0}

#: Seconds after which a failure is forgotten.
_FORGOTTEN_S = 3600.0


@dataclass(frozen=True)
class SignedIn:
    """A browser's user."""

    user_id: str
    name: str
    role: Role
    csrf: str
    """What its forms carry."""
    use_is_due: bool
    """Whether the use should be noted by `note_use`."""


def sign_in(session: Session, user_id: str, now: datetime) -> str:
    """Record a sign-in and return its secret; let go of those that are over. Needs a writing session."""
    session.execute(delete(SignInRow).where((SignInRow.seen_at < now - IDLE) | (SignInRow.started_at < now - LONGEST)))
    secret = secrets.token_urlsafe(32)
    session.add(SignInRow(secret_sha256=digest(secret), user_id=user_id, started_at=now, seen_at=now))
    session.flush()
    return secret


def check(session: Session, secret: str, now: datetime) -> SignedIn | None:
    """Return who is signed in by that secret, None where it is over or none of ours."""
    found = session.execute(
        select(SignInRow.started_at, SignInRow.seen_at, UserRow.id, UserRow.name, UserRow.role)
        .join(UserRow, UserRow.id == SignInRow.user_id)
        .where(SignInRow.secret_sha256 == digest(secret))
    ).one_or_none()
    if found is None or found.seen_at <= now - IDLE or found.started_at <= now - LONGEST:
        return None
    due = now - found.seen_at > _NOTE_USE_EVERY
    return SignedIn(found.id, found.name, Role(found.role), csrf_of(secret), due)


def csrf_of(secret: str) -> str:
    """Return what forms of a sign-in carry: known to whoever holds the secret, and saying nothing of it."""
    said = hmac.digest(secret.encode("utf-8", "replace"), b"briefcast-csrf/1", hashlib.sha256)
    return base64.urlsafe_b64encode(said).rstrip(b"=").decode()


def note_use(session: Session, secret: str, now: datetime) -> None:
    """Note that a sign-in was used. Needs a writing session."""
    session.execute(update(SignInRow).where(SignInRow.secret_sha256 == digest(secret)).values(seen_at=now))


def sign_out(session: Session, secret: str) -> None:
    """End a sign-in. Needs a writing session."""
    session.execute(delete(SignInRow).where(SignInRow.secret_sha256 == digest(secret)))


def begin_try(session: Session, name: str | None, address: str) -> float:
    """Return the seconds to wait before signing in may be tried, 0 for at once; then it counts as failed until
    `succeeded` says otherwise, so that many tries at once count like many in a row. No `name` where the provider has
    still to say who it is. Needs a writing session.
    """
    now = float(session.scalar(database_clock().select()) or 0.0)
    session.execute(delete(TryRow).where(TryRow.last_at < now - _FORGOTTEN_S))
    counted = _counted(name, address)
    rows = [_try_row(session, kind, whose, now) for kind, whose in counted]
    wait_s = max(_wait_s(kind, row, now) for (kind, _), row in zip(counted, rows, strict=True))
    if wait_s <= 0:
        for row in rows:
            row.failed, row.last_at = row.failed + 1, now
    return max(0.0, wait_s)


def succeeded(session: Session, name: str | None, address: str) -> None:
    """Forget the failures of a name, and of the address this try. Needs a writing session."""
    *named, addressed = (_key(kind, whose) for kind, whose in _counted(name, address))
    session.execute(delete(TryRow).where(TryRow.whose.in_(named)))
    # Of the address no more: one good password of somebody's own would pay for guessing others'.
    session.execute(update(TryRow).where(TryRow.whose == addressed).values(failed=TryRow.failed - 1))


def start(session: Session, wanted: str, now: datetime) -> str:
    """Note that a browser is sent to the provider, and return the secret by which it is known when it comes back. Needs
    a writing session.
    """
    session.execute(delete(SignInStartRow).where(SignInStartRow.ends_at < now))
    secret = secrets.token_urlsafe(32)
    session.add(SignInStartRow(secret_sha256=digest(secret), wanted=wanted, ends_at=now + AWAY))
    session.flush()
    return secret


def back(session: Session, secret: str, now: datetime) -> str | None:
    """Return what a browser wanted that comes back from the provider, once; None where none of that secret is expected.
    Needs a writing session.
    """
    ending = delete(SignInStartRow).where(SignInStartRow.secret_sha256 == digest(secret), SignInStartRow.ends_at >= now)
    return session.scalars(ending.returning(SignInStartRow.wanted)).one_or_none()


def _counted(name: str | None, address: str) -> list[tuple[str, str]]:
    # Of IPv6 the /64: whoever has one has all addresses in it.
    return [*([("name", clean_name(name))] if name is not None else []), ("address", network(address))]


def _key(kind: str, whose: str) -> str:
    return digest(f"{kind}\n{whose}")


def _try_row(session: Session, kind: str, whose: str, now: float) -> TryRow:
    key = _key(kind, whose)
    add_unless_there(session, TryRow, whose=key, failed=0, last_at=now)
    return session.get_one(TryRow, key, with_for_update=True, populate_existing=True)


def _wait_s(kind: str, row: TryRow, now: float) -> float:
    beyond = row.failed - _FREE[kind]
    if beyond < 0:
        return 0.0
    # 1, 2, 4 … seconds.
    return row.last_at + min(_LONGEST_S[kind], 2.0 ** min(beyond, 20)) - now
