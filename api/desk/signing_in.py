"""`/desk/sign-in`, signing out, and `/desk/welcome/…`, where somebody new chooses a password.

Where passwords are turned off, a welcome link lets in an admin without one: the way in while the provider is away.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import Path, Query, Request, Response
from fastapi.responses import JSONResponse

from api.context import Here
from api.desk.forms import Form
from api.desk.pages import desk_router, page, see_other
from api.desk.people import SIGN_IN, Viewing, cookie_name, demand_own_page, give_cookie, take_cookie
from api.problems import Problem
from briefing.accounts import audit, identities, signing_in, users
from briefing.accounts.audit import Action
from briefing.accounts.keys import Caller
from briefing.accounts.roles import Role
from briefing.errors import UserRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.context import Context
    from briefing.accounts.users import User

router = desk_router()

#: Where one may be sent on to: our own pages.
_OURS = re.compile(r"/desk(?:[/?][A-Za-z0-9/?&=%._~:+-]*)?")

Secret = Annotated[str, Path(pattern="^[A-Za-z0-9_-]{43}$")]


@router.get("/sign-in")
def ask(request: Request, to: Annotated[str, Query(alias="next")] = "/desk") -> Response:
    """Ask for name and password, or lead to the provider."""
    return sign_in_page(request, to=to)


@router.post("/sign-in")
def sign_in(request: Request, context: Here, form: Form) -> Response:
    """Sign in, or say that it did not work, in the same words and time for names that nobody has."""
    demand_own_page(request, context)
    if not context.sign_in.passwords:
        return sign_in_page(request, 403, "Passwords are turned off here.", form.get("next", ""))
    name, password = form.get("name", "")[:200], form.get("password", "")
    address = context.rates.address_of(request)
    with context.database.writing() as session:
        wait_s = signing_in.begin_try(session, name, address)
    if wait_s > 0:
        return _again(request, form, 429, f"Too many tries. Try again in {words_for(wait_s)}.", wait_s)
    with context.database.reading() as session:
        user = users.matches(session, name, password)
    if user is None:
        return _again(request, form, 401, "Name and password do not belong together.")
    with context.database.writing() as session:
        signing_in.succeeded(session, name, address)
    return signed_in(context, user, ours(form.get("next", "")))


@router.post("/sign-out")
def sign_out(request: Request, context: Here, visitor: Viewing) -> Response:
    """Sign out in this browser; whoever came by the provider is told where to sign out there."""
    with context.database.writing() as session:
        signing_in.sign_out(session, request.cookies.get(cookie_name(context), ""))
        there = context.sign_in.on and identities.has_one(session, visitor.caller.key_id)
    response = see_other(SIGN_IN, "signed_out_here" if there else "signed_out")
    take_cookie(response, context)
    return response


@router.get("/token")
def token(visitor: Viewing) -> Response:
    """Tell the desk's script who is signed in, and the token that their forms send."""
    return JSONResponse({"name": visitor.caller.name, "csrf": visitor.csrf}, headers={"Cache-Control": "no-store"})


@router.get("/welcome/{secret}")
def welcome(request: Request, context: Here, secret: Secret) -> Response:
    """Ask for a new password. Changes nothing: programs that look at mail open links too."""
    return _welcome_page(request, context, _welcomed(context, secret))


@router.post("/welcome/{secret}")
def choose(request: Request, context: Here, secret: Secret, form: Form) -> Response:
    """Take a password and sign in; without one where passwords are turned off."""
    demand_own_page(request, context)
    if not context.sign_in.passwords:
        return _let_in(context, secret)
    user, password = _welcomed(context, secret), form.get("password", "")
    if password != form.get("again", ""):
        return _welcome_page(request, context, user, "The two are not the same.")
    now = datetime.now(UTC)
    try:
        with context.database.writing() as session:
            if users.welcomed(session, secret, now) is None:
                raise _over()
            users.set_password(session, user.name, password)
            audit.record(session, now, Action.PASSWORD, _caller(user), detail=user.name)
    except UserRefused as error:
        return _welcome_page(request, context, user, f"{error.message}. {error.hint}")
    return signed_in(context, user, "/desk")


def signed_in(context: Context, user: User, to: str, how: str = "") -> Response:
    """Sign a user in and send the browser on."""
    now = datetime.now(UTC)
    with context.database.writing() as session:
        # Always a new one: what a browser held before opens nothing of it.
        secret = signing_in.sign_in(session, user.id, now)
        audit.record(session, now, Action.SIGN_IN, _caller(user), detail=user.name + how)
    response = see_other(to)
    give_cookie(response, context, secret)
    return response


def sign_in_page(
    request: Request,
    status: int = 200,
    fault: str = "",
    to: str = "",
    name: str = "",
    *,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the page where one signs in, with what went wrong."""
    context: Context = request.app.state.context
    provider = context.provider if request.query_params.get("told") == "signed_out_here" else None
    values = {
        "next": ours(to),
        "name": name,
        "fault": fault,
        "provider": context.sign_in.name if context.sign_in.on else "",
        "passwords": context.sign_in.passwords,
        "sign_out_there": provider is not None and provider.sign_out_address() is not None,
    }
    return page(request, "sign_in.html", None, values, status, headers=headers)


def ours(address: str) -> str:
    """Return an address if it is a page of the desk, and else the desk's first."""
    return address if _OURS.fullmatch(address) and "//" not in address else "/desk"


def words_for(seconds: float) -> str:
    """Return a wait in words."""
    whole = math.ceil(seconds)
    return f"{whole} second{'s' if whole != 1 else ''}" if whole < 100 else f"{math.ceil(whole / 60)} minutes"  # noqa: PLR2004


def _let_in(context: Context, secret: str) -> Response:
    """Sign in whom a link is for, which it is no more, if that is an admin."""
    user = _welcomed(context, secret)
    if user.role is not Role.ADMIN:
        raise Problem("role_missing", "passwords are turned off here, and links let in admins alone")
    with context.database.writing() as session:
        if not users.end_welcome(session, secret):
            raise _over()
    return signed_in(context, user, "/desk", " by link")


def _welcome_page(request: Request, context: Context, user: User, fault: str = "") -> Response:
    values = {"user": user, "fault": fault, "passwords": context.sign_in.passwords}
    return page(request, "welcome.html", None, values, 422 if fault else 200)


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
    headers = {"Retry-After": str(math.ceil(wait_s))} if wait_s else {}
    return sign_in_page(request, status, fault, form.get("next", ""), form.get("name", "")[:200], headers=headers)
