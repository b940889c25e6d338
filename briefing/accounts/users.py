"""Those who sign in at the desk: added, listed, changed, removed; their passwords, and links to choose one.

Passwords are hashed by Argon2id, which is slow on purpose; links' secrets are 32 random bytes, for which SHA-256 is
enough. Who is signed in is `briefing.accounts.signing_in`'s.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select, update

from briefing.accounts.roles import Role
from briefing.errors import UserRefused
from briefing.models import ActionLinkRow, IdentityRow, SignInRow, UserRow, WelcomeRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

#: What names are made of: they are typed at sign-in and read in the audit. E-mail addresses are names.
_NAME = re.compile(r"[\w.@+'-]+(?: [\w.@+'-]+)*")
_MOST_NAME = 64

#: Characters of a password. Argon2 takes any length; a megabyte of it would only keep it busy.
LEAST_PASSWORD, _MOST_PASSWORD = 10, 256

#: How long a link to choose a password holds.
WELCOME = timedelta(days=2)

#: Hashes made at once in a process: each takes 64 MiB and a twentieth of a second of all cores.
_turns = threading.BoundedSemaphore(2)


@dataclass(frozen=True)
class User:
    """Somebody of the newsroom."""

    id: str
    name: str
    role: Role
    created_at: datetime
    has_password: bool


def clean_name(name: str) -> str:
    """Return a name in its one form: no two users differ in case or in how letters are composed."""
    return unicodedata.normalize("NFKC", " ".join(name.split())).casefold()


def add(session: Session, name: str, role: Role, password: str | None, now: datetime) -> User:
    """Record a user, without a password if it is None. Needs writing. Raises UserRefused."""
    name = clean_name(name)
    if not _NAME.fullmatch(name) or len(name) > _MOST_NAME:
        message = f"a user cannot be called {name[:80]!r}"
        raise UserRefused(message, hint=f"Use up to {_MOST_NAME} letters, digits, . @ + - _ ' and single spaces.")
    if find(session, name) is not None:
        message = f"there is a user {name!r} already"
        raise UserRefused(message)
    row = UserRow(id=f"u{secrets.token_hex(4)[:7]}", name=name, role=role.value, created_at=now)
    row.password = hashed(password) if password is not None else None
    session.add(row)
    session.flush()
    return _told(row)


def find(session: Session, name: str) -> User | None:
    """Return the user of that name."""
    row = _row(session, name)
    return _told(row) if row else None


def get(session: Session, user_id: str) -> User:
    """Return the user of that ID, who is there."""
    return _told(session.get_one(UserRow, user_id))


def demand(session: Session, name: str) -> User:
    """Return the user of that name. Raises UserRefused."""
    return _told(_there(session, name))


def listed(session: Session) -> list[User]:
    """Return all users by name."""
    return [_told(row) for row in session.scalars(select(UserRow).order_by(UserRow.name))]


def set_role(session: Session, name: str, role: Role, now: datetime) -> User:
    """Give a user another role, at once; who may not act any more has made no links that do. Needs writing. Raises
    UserRefused.
    """
    row = _there(session, name)
    if row.role == Role.ADMIN.value and role is not Role.ADMIN:
        _demand_another_admin(session, row)
    row.role = role.value
    if not role.includes(Role.EDITOR):
        _end_links(session, row.name, now)
    return _told(row)


def remove(session: Session, name: str, now: datetime) -> User:
    """Remove a user for good, signed in or not, and end the links they made; audit rows keep the name. Needs writing.
    Raises UserRefused.
    """
    row = _there(session, name)
    if row.role == Role.ADMIN.value:
        _demand_another_admin(session, row)
    user = _told(row)
    _forget(session, row.id)
    _end_links(session, row.name, now)
    # Who was removed does not come back by the provider: an admin says first whose the identity is.
    session.execute(update(IdentityRow).where(IdentityRow.user_id == row.id).values(user_id=None))
    session.delete(row)
    return user


def shut_out(session: Session, user: User, now: datetime) -> None:
    """Sign a user out everywhere, who stays one, and end all links that let them in, or by which they let others act.
    Needs writing.
    """
    _forget(session, user.id)
    _end_links(session, user.name, now)


def set_password(session: Session, name: str, password: str) -> User:
    """Give a user a password, and sign them out everywhere. Needs writing. Raises UserRefused."""
    row = _there(session, name)
    row.password = hashed(password)
    _forget(session, row.id)
    return _told(row)


def welcome(session: Session, name: str, now: datetime, *, forget_password: bool = False) -> str:
    """Return the secret of a link with which a user chooses a password once; earlier ones open nothing any more.

    With `forget_password` the old one counts no more at once, and they are signed out everywhere. Needs writing. Raises
    UserRefused.
    """
    row = _there(session, name)
    if forget_password:
        row.password = None
        _forget(session, row.id)
    session.execute(delete(WelcomeRow).where(WelcomeRow.user_id == row.id))
    secret = secrets.token_urlsafe(32)
    session.add(WelcomeRow(secret_sha256=digest(secret), user_id=row.id, ends_at=now + WELCOME))
    session.flush()
    return secret


def welcomed(session: Session, secret: str, now: datetime) -> User | None:
    """Return whom a link to choose a password is for, None for one that is over, used or was never made."""
    row = session.get(WelcomeRow, digest(secret))
    return _told(session.get_one(UserRow, row.user_id)) if row is not None and row.ends_at > now else None


def end_welcome(session: Session, secret: str) -> bool:
    """Have a link to choose a password open nothing any more, and tell whether it did. Needs writing."""
    ending = delete(WelcomeRow).where(WelcomeRow.secret_sha256 == digest(secret))
    return session.scalars(ending.returning(WelcomeRow.user_id)).first() is not None


def matches(session: Session, name: str, password: str) -> User | None:
    """Return the user of that name if the password is theirs.

    Takes as long for a name that nobody has, so that the time does not tell which names there are.
    """
    row = _row(session, clean_name(name)[:_MOST_NAME])
    known = row.password if row is not None else None
    with _turns:
        try:
            _hasher().verify(known or _nobodys(), password[:_MOST_PASSWORD])
        except (VerificationError, InvalidHashError):
            return None
    return _told(row) if row is not None and known else None


def hashed(password: str) -> str:
    """Return a password's hash. Raises UserRefused for one that is too short or too long."""
    if not LEAST_PASSWORD <= len(password) <= _MOST_PASSWORD:
        message = f"a password has {LEAST_PASSWORD} to {_MOST_PASSWORD} characters"
        raise UserRefused(message, hint="Four words that do not belong together are a good one.")
    with _turns:
        return _hasher().hash(password)


def digest(secret: str) -> str:
    """Return what is kept of a random secret."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobodys() -> str:
    """Return the hash of a password that nobody has."""
    return _hasher().hash(secrets.token_urlsafe(32))


def _row(session: Session, name: str) -> UserRow | None:
    return session.scalars(select(UserRow).where(UserRow.name == clean_name(name))).one_or_none()


def _there(session: Session, name: str) -> UserRow:
    row = _row(session, name)
    if row is None:
        message = f"there is no user {name[:80]!r}"
        raise UserRefused(message, hint="`briefcast users list` shows them.")
    return row


def _demand_another_admin(session: Session, row: UserRow) -> None:
    """Raise UserRefused where nobody could manage users afterwards."""
    # Locked, so that of two admins who remove each other at once one stays.
    admins = session.scalars(
        select(UserRow.id).where(UserRow.role == Role.ADMIN.value).order_by(UserRow.id).with_for_update()
    ).all()
    if set(admins) == {row.id}:
        message = f"{row.name!r} is the only admin"
        raise UserRefused(message, hint="Make somebody else an admin first.")


def _forget(session: Session, user_id: str) -> None:
    """Sign a user out everywhere, and end links to choose a password."""
    session.execute(delete(SignInRow).where(SignInRow.user_id == user_id))
    session.execute(delete(WelcomeRow).where(WelcomeRow.user_id == user_id))


def _end_links(session: Session, name: str, now: datetime) -> None:
    """Have the links open nothing any more by which somebody let others act."""
    theirs = (ActionLinkRow.made_by == name, ActionLinkRow.ends_at > now)
    session.execute(update(ActionLinkRow).where(*theirs).values(ends_at=now))


def _told(row: UserRow) -> User:
    return User(row.id, row.name, Role(row.role), row.created_at, row.password is not None)
