"""`/desk/users`: who signs in here, for admins."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import Request, Response

from api.context import Context, Here
from api.desk.forms import Form, text_of
from api.desk.pages import TOLD, desk_router, page, see_other
from api.desk.people import Administering, Visitor
from api.problems import Problem
from briefing.accounts import audit, identities, users
from briefing.accounts.audit import Action
from briefing.accounts.roles import Role

router = desk_router()

TOLD.update(
    role_changed="The role counts from now on.",
    user_removed="The user is removed and signed out.",
    linked="They come in as that user from now on.",
    unlinked="The provider lets them in no more; they are signed out.",
    forgotten="Whoever that was comes as somebody new.",
)

_MOST_NAME = 200


@router.get("/users")
def show(request: Request, context: Here, visitor: Administering) -> Response:
    """Show the users."""
    return _page(request, context, visitor)


@router.post("/users")
def add(request: Request, context: Here, visitor: Administering, form: Form) -> Response:
    """Add a user, and show the link with which they choose a password: once, here."""
    _demand_passwords(context)
    name, role = text_of(form, "name", _MOST_NAME), _role(form)
    now = datetime.now(UTC)
    with context.database.writing() as session:
        user = users.add(session, name, role, None, now)
        secret = users.welcome(session, user.name, now)
        audit.record(session, now, Action.USER_ADD, visitor.caller, detail=f"{user.name} {role}")
    return _page(request, context, visitor, user.name, f"{context.address}/desk/welcome/{secret}")


@router.post("/users/reset")
def reset(request: Request, context: Here, visitor: Administering, form: Form) -> Response:
    """End a user's password, and show the link with which they choose another."""
    _demand_passwords(context)
    name, now = text_of(form, "name", _MOST_NAME), datetime.now(UTC)
    with context.database.writing() as session:
        secret = users.welcome(session, name, now, forget_password=True)
        audit.record(session, now, Action.USER_RESET, visitor.caller, detail=users.clean_name(name))
    return _page(request, context, visitor, name, f"{context.address}/desk/welcome/{secret}")


@router.post("/users/role")
def change(context: Here, visitor: Administering, form: Form) -> Response:
    """Give a user another role."""
    now, role = datetime.now(UTC), _role(form)
    with context.database.writing() as session:
        user = users.set_role(session, text_of(form, "name", _MOST_NAME), role, now)
        audit.record(session, now, Action.USER_ROLE, visitor.caller, detail=f"{user.name} {role}")
    return see_other("/desk/users", "role_changed")


@router.post("/users/remove")
def remove(context: Here, visitor: Administering, form: Form) -> Response:
    """Remove a user."""
    now = datetime.now(UTC)
    with context.database.writing() as session:
        user = users.remove(session, text_of(form, "name", _MOST_NAME), now)
        audit.record(session, now, Action.USER_REMOVE, visitor.caller, detail=user.name)
    return see_other("/desk/users", "user_removed")


@router.post("/users/link")
def link(context: Here, visitor: Administering, form: Form) -> Response:
    """Say that an identity at the provider is a user's."""
    now, (issuer, subject) = datetime.now(UTC), _identity(form)
    with context.database.writing() as session:
        user = identities.link(session, issuer, subject, text_of(form, "name", _MOST_NAME), now)
        audit.record(session, now, Action.USER_LINK, visitor.caller, detail=f"{user.name} {subject}")
    return see_other("/desk/users", "linked")


@router.post("/users/unlink")
def unlink(context: Here, visitor: Administering, form: Form) -> Response:
    """Have a user's identity at the provider wait for an admin's word again."""
    now = datetime.now(UTC)
    with context.database.writing() as session:
        user = identities.unlink(session, text_of(form, "name", _MOST_NAME), now)
        audit.record(session, now, Action.USER_UNLINK, visitor.caller, detail=user.name)
    return see_other("/desk/users", "unlinked")


@router.post("/users/forget")
def forget(context: Here, visitor: Administering, form: Form) -> Response:
    """Forget an identity that waits."""
    now, (issuer, subject) = datetime.now(UTC), _identity(form)
    with context.database.writing() as session:
        name = identities.forget(session, issuer, subject)
        audit.record(session, now, Action.USER_UNLINK, visitor.caller, detail=f"{name} {subject} forgotten")
    return see_other("/desk/users", "forgotten")


def _identity(form: dict[str, str]) -> tuple[str, str]:
    return text_of(form, "issuer", 255), text_of(form, "subject", 255)


def _demand_passwords(context: Context) -> None:
    if not context.sign_in.passwords:
        raise Problem("user_refused", f"passwords are turned off here: {context.sign_in.name} says who comes in")


def _page(
    request: Request, context: Context, visitor: Visitor, name: str | None = None, link: str | None = None
) -> Response:
    with context.database.reading() as session:
        found, linked, waiting = users.listed(session), identities.linked(session), identities.waiting(session)
    values = {
        "users": found,
        "linked": linked,
        "waiting": waiting,
        "provider": context.sign_in.name if context.sign_in.on else "",
        "passwords": context.sign_in.passwords,
        "roles": list(Role),
        "name": name,
        "link": link,
        "days": users.WELCOME.days,
    }
    return page(request, "users.html", visitor, values)


def _role(form: dict[str, str]) -> Role:
    try:
        return Role(form.get("role", ""))
    except ValueError as error:
        raise Problem("invalid_request", "Choose a role.") from error
