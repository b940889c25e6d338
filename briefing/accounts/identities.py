"""Who people are at the OpenID provider, and which user of the desk that is.

An identity is an issuer and a subject. It is never matched to a user by a name or an address: where one is taken, the
identity waits until an admin says whose it is. Asks no provider anything (`api.provider` does).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from briefing.accounts import audit, users
from briefing.accounts.audit import Action
from briefing.accounts.roles import Role
from briefing.errors import UserRefused
from briefing.models import IdentityRow, UserRow
from briefing.sql.rows import add_unless_there

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from briefing.accounts.users import User

#: Identities that wait for an admin at most; the one seen longest ago gives way.
_MOST_WAITING = 200


@dataclass(frozen=True)
class Identity:
    """Somebody as the provider knows them."""

    issuer: str
    subject: str
    names: tuple[str, ...]
    """What they may be called at the desk, best first; at least one."""


@dataclass(frozen=True)
class Waiting:
    """An identity that nobody has been said to be yet."""

    issuer: str
    subject: str
    name: str
    role: Role
    seen_at: datetime


def admit(session: Session, identity: Identity, role: Role, now: datetime) -> User | None:
    """Return the user of an identity, with the role that the provider gives; None where an admin has to say first whose
    it is. Who is new, and whose name nobody has, is added. Needs writing. Raises UserRefused.
    """
    key = {"issuer": identity.issuer, "subject": identity.subject}
    first_time = add_unless_there(session, IdentityRow, **key, name=identity.names[0], role=role.value, seen_at=now)
    row = session.get_one(IdentityRow, tuple(key.values()), with_for_update=True, populate_existing=True)
    row.name, row.role, row.seen_at = identity.names[0], role.value, now
    if row.user_id is None:
        user = _added(session, identity, role, now) if first_time else None
        row.user_id = user.id if user else None
        _bound_waiting(session)
        return user
    user = users.get(session, row.user_id)
    if user.role is not role:
        user = users.set_role(session, user.name, role, now)
        audit.record(session, now, Action.USER_ROLE, None, detail=f"{user.name} {role}", by=identity.issuer)
    return user


def shut_out(session: Session, identity: Identity, now: datetime) -> None:
    """End the sign-ins, and the links, of the user to whom the provider gives no role any more. Needs writing."""
    row = session.get(IdentityRow, (identity.issuer, identity.subject))
    if row is not None and row.user_id is not None:
        users.shut_out(session, users.get(session, row.user_id), now)


def waiting(session: Session) -> list[Waiting]:
    """Return the identities that wait for an admin, latest first."""
    rows = session.scalars(
        select(IdentityRow).where(IdentityRow.user_id.is_(None)).order_by(IdentityRow.seen_at.desc())
    )
    return [Waiting(row.issuer, row.subject, row.name, Role(row.role), row.seen_at) for row in rows]


def linked(session: Session) -> dict[str, str]:
    """Return what the provider calls each user that has an identity, by the user's ID."""
    rows = session.scalars(select(IdentityRow).where(IdentityRow.user_id.is_not(None)))
    return {str(row.user_id): row.name for row in rows}


def has_one(session: Session, user_id: str) -> bool:
    """Tell whether a user has an identity."""
    return session.scalars(select(IdentityRow.subject).where(IdentityRow.user_id == user_id)).first() is not None


def link(session: Session, issuer: str, subject: str, name: str, now: datetime) -> User:
    """Say that an identity is that user's; it need not have been seen yet. Needs writing. Raises UserRefused."""
    user = users.demand(session, name)
    if not issuer or len(issuer) > 255 or not subject or len(subject) > 255:  # noqa: PLR2004  as the columns are
        message = "an issuer and a subject have 1 to 255 characters each"
        raise UserRefused(message)
    add_unless_there(
        session, IdentityRow, issuer=issuer, subject=subject, name=user.name, role=user.role.value, seen_at=now
    )
    row = session.get_one(IdentityRow, (issuer, subject), with_for_update=True, populate_existing=True)
    if row.user_id not in {None, user.id}:
        other = session.get_one(UserRow, row.user_id).name
        message = f"that identity is {other!r}'s"
        raise UserRefused(message, hint="Unlink it there first.")
    row.user_id = user.id
    return user


def unlink(session: Session, name: str, now: datetime) -> User:
    """Have the identities of a user wait for an admin's word again, sign the user out everywhere and end their links.
    Needs writing. Raises UserRefused.
    """
    user = users.demand(session, name)
    session.execute(update(IdentityRow).where(IdentityRow.user_id == user.id).values(user_id=None))
    users.shut_out(session, user, now)
    return user


def forget(session: Session, issuer: str, subject: str) -> str:
    """Forget an identity that waits, and return what it was called: whoever it is comes as somebody new. Needs writing.
    Raises UserRefused.
    """
    row = session.get(IdentityRow, (issuer, subject))
    if row is None or row.user_id is not None:
        message = "nobody of that identity waits"
        raise UserRefused(message, hint="Load the page again.")
    session.delete(row)
    return row.name


def _added(session: Session, identity: Identity, role: Role, now: datetime) -> User | None:
    """Return a new user of the identity's first usable name, None where that is somebody else's."""
    for name in identity.names:
        if users.find(session, name) is not None:
            return None
        try:
            user = users.add(session, name, role, None, now)
        except UserRefused:
            continue  # a name that users cannot have
        audit.record(session, now, Action.USER_ADD, None, detail=f"{user.name} {role}", by=identity.issuer)
        return user
    return None


def _bound_waiting(session: Session) -> None:
    kept = (
        select(IdentityRow.seen_at)
        .where(IdentityRow.user_id.is_(None))
        .order_by(IdentityRow.seen_at.desc())
        .offset(_MOST_WAITING)
        .limit(1)
        .scalar_subquery()
    )
    session.execute(delete(IdentityRow).where(IdentityRow.user_id.is_(None), IdentityRow.seen_at <= kept))
