"""`/desk/sign-in`, signing out, and `/desk/welcome/…`, where somebody new chooses a password."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import Path, Query, Request, Response

from api.context import Here
from api.desk.forms import Form
from api.desk.pages import desk_router, page, see_other
from api.desk.people import SIGN_IN, Viewing, cookie_name, demand_own_page, give_cookie, take_cookie
from api.problems import Problem
from briefing import audit, signing_in, users
from briefing.audit import Action
from briefing.errors import UserRefused
from briefing.keys import Caller

if TYPE_CHECKING:
    from api.context import Context
    from briefing.users import User

router = desk_router()

#: Where one may be sent on to: our own pages.
_OURS = re.compile(r"/desk(?:[/?][A-Za-z0-9/?&=%._~:+-]*)?")

Secret = Annotated[str, Path(pattern="^[A-Za-z0-9_-]{43}$")]


@router.get("/sign-in")
def ask(request: Request, to: Annotated[str, Query(alias="next")] = "/desk") -> Response:
    """Ask for name and password."""
    return page(request, "sign_in.html", None, {"next": _ours(to), "name": "", "fault": ""})


@router.post("/sign-in")
def sign_in(request: Request, context: Here, form: Form) -> Response:
    """Sign in, or say that it did not work, in the same words and time for names that nobody has."""
    demand_own_page(request, context)
    name, password = form.get("name", "")[:200], form.get("password", "")
    address = context.rates.address_of(request)
    with context.database.writing() as session:
        wait_s = signing_in.begin_try(session, name, address)
    if wait_s > 0:
        return _again(request, form, 429, f"Too many tries. Try again in {_words(wait_s)}.", wait_s)
    with context.database.reading() as session:
        user = users.matches(session, name, password)
    if user is None:
        return _again(request, form, 401, "Name and password do not belong together.")
    with context.database.writing() as session:
        signing_in.succeeded(session, name, address)
    return _signed_in(context, user, _ours(form.get("next", "")))


@router.post("/sign-out")
def sign_out(request: Request, context: Here, visitor: Viewing) -> Response:  # noqa: ARG001
    """Sign out in this browser."""
    with context.database.writing() as session:
        signing_in.sign_out(session, request.cookies.get(cookie_name(context), ""))
    response = see_other(SIGN_IN, "signed_out")
    take_cookie(response, context)
    return response


@router.get("/welcome/{secret}")
def welcome(request: Request, context: Here, secret: Secret) -> Response:
    """Ask for a new password. Changes nothing: programs that look at mail open links too."""
    return page(request, "welcome.html", None, {"user": _welcomed(context, secret), "fault": ""})


@router.post("/welcome/{secret}")
def choose(request: Request, context: Here, secret: Secret, form: Form) -> Response:
    """Take a password and sign in."""
    demand_own_page(request, context)
    user, password = _welcomed(context, secret), form.get("password", "")
    if password != form.get("again", ""):
        return page(request, "welcome.html", None, {"user": user, "fault": "The two are not the same."}, 422)
    now = datetime.now(UTC)
    try:
        with context.database.writing() as session:
            if users.welcomed(session, secret, now) is None:
                raise _over()
            users.set_password(session, user.name, password)
            audit.record(session, now, Action.PASSWORD, _caller(user), detail=user.name)
    except UserRefused as error:
        return page(request, "welcome.html", None, {"user": user, "fault": f"{error.message}. {error.hint}"}, 422)
    return _signed_in(context, user, "/desk")


def _signed_in(context: Context, user: User, to: str) -> Response:
    now = datetime.now(UTC)
    with context.database.writing() as session:
        # Always a new one: what a browser held before opens nothing of it.
        secret = signing_in.sign_in(session, user.id, now)
        audit.record(session, now, Action.SIGN_IN, _caller(user), detail=user.name)
    response = see_other(to)
    give_cookie(response, context, secret)
    return response


def _caller(user: User) -> Caller:
    return Caller(user.id, user.name, user.role.scopes)


def _welcomed(context: Context, secret: str) -> User:
    with context.database.reading() as session:
        user = users.welcomed(session, secret, datetime.now(UTC))
    if user is None:
        raise _over()
    return user


def _over() -> Problem:
    return Problem("address_over", "the link has been used or is too old", "Ask an admin of the desk for another.")


def _again(request: Request, form: dict[str, str], status: int, fault: str, wait_s: float = 0.0) -> Response:
    values = {"next": _ours(form.get("next", "")), "name": form.get("name", "")[:200], "fault": fault}
    headers = {"Retry-After": str(math.ceil(wait_s))} if wait_s else {}
    return page(request, "sign_in.html", None, values, status, headers=headers)


def _ours(address: str) -> str:
    return address if _OURS.fullmatch(address) and "//" not in address else "/desk"


def _words(seconds: float) -> str:
    whole = math.ceil(seconds)
    return f"{whole} second{'s' if whole != 1 else ''}" if whole < 100 else f"{math.ceil(whole / 60)} minutes"  # noqa: PLR2004
