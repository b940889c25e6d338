"""`/desk/users`: who signs in here, for admins."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import Request, Response

from api.context import Context, Here
from api.desk.forms import Form, text_of
from api.desk.pages import TOLD, desk_router, page, see_other
from api.desk.people import Administering, Visitor
from api.problems import Problem
from briefing import audit, users
from briefing.audit import Action
from briefing.roles import Role

router = desk_router()

TOLD.update(role_changed="The role counts from now on.", user_removed="The user is removed and signed out.")

_MOST_NAME = 200


@router.get("/users")
def show(request: Request, context: Here, visitor: Administering) -> Response:
    """Show the users."""
    return _page(request, context, visitor)


@router.post("/users")
def add(request: Request, context: Here, visitor: Administering, form: Form) -> Response:
    """Add a user, and show the link with which they choose a password: once, here."""
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


def _page(
    request: Request, context: Context, visitor: Visitor, name: str | None = None, link: str | None = None
) -> Response:
    with context.database.reading() as session:
        found = users.listed(session)
    values = {"users": found, "roles": list(Role), "name": name, "link": link, "days": users.WELCOME.days}
    return page(request, "users.html", visitor, values)


def _role(form: dict[str, str]) -> Role:
    try:
        return Role(form.get("role", ""))
    except ValueError as error:
        raise Problem("invalid_request", "Choose a role.") from error
