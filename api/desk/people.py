"""Who is at the desk, what they may do, and that a change really comes from a page of ours.

The session is a cookie that scripts cannot read and other sites' forms do not send. A request that changes something
has to come from our own origin as the browser says, and to carry the token of its session: two independent checks.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote, urlsplit

from fastapi import Depends, FastAPI, Request

from api.context import Context, Here
from api.desk.forms import Form
from api.guard import all_routes
from api.problems import Problem
from briefing.accounts import signing_in
from briefing.accounts.keys import Caller
from briefing.accounts.roles import Role
from briefing.limits import limits_of
from briefing.observing.faults import going_on

if TYPE_CHECKING:
    from datetime import timedelta

    from fastapi.dependencies.models import Dependant
    from starlette.responses import Response

#: Where one signs in.
SIGN_IN = "/desk/sign-in"

#: What needs no sign-in: signing in, and links that carry a secret of their own.
OPEN = frozenset(
    {
        SIGN_IN,
        "/desk/sign-in/provider",
        "/desk/sign-in/provider/back",
        "/desk/sign-out/provider",
        "/desk/welcome/{secret}",
        "/desk/act/{secret}",
        "/desk/act/{secret}/audio.mp3",
    }
)

#: Fields of forms that hold what somebody has thought out.
_TYPED = ("spoken", "note", "text", "content")

_READING = frozenset({"GET", "HEAD"})


class SignInNeeded(Problem):
    """Raised when nobody is signed in: a page leads to where one does that."""

    def __init__(self, request: Request, form: dict[str, str]) -> None:
        super().__init__("sign_in_needed", "sign in first")
        self.typed = "\n\n".join(form[name] for name in _TYPED if form.get(name))
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        self.address = SIGN_IN if request.method not in _READING else f"{SIGN_IN}?next={quote(wanted, safe='')}"


@dataclass(frozen=True)
class Visitor:
    """Who is at the desk, in a request that they may make."""

    caller: Caller
    """As the API knows them: what they do is recorded by their name."""
    role: Role
    csrf: str

    def is_(self, role: str) -> bool:
        """Tell whether they may do what `role` may. For templates."""
        return self.role.includes(Role(role))


@dataclass(frozen=True)
class RoleDemand:
    """The dependency that finds who is signed in and demands `role`. A class, so that `check_desk` sees it."""

    role: Role

    def __call__(self, request: Request, context: Here, form: Form) -> Visitor:
        """Return the visitor. Raises Problem."""
        secret = request.cookies.get(cookie_name(context), "")
        now = datetime.now(UTC)
        with context.database.reading() as session:
            found = signing_in.check(session, secret, now) if secret else None
        if request.method not in _READING:
            demand_own_page(request, context)
        if found is None:
            raise SignInNeeded(request, form)
        if request.method not in _READING:
            _demand_token(request, form, found.csrf)
        if not found.role.includes(self.role):
            detail = f"this is for the role {self.role.value}, and yours is {found.role.value}"
            raise Problem("role_missing", detail, "Ask an admin of the desk.")
        if found.use_is_due:
            with going_on("noting a sign-in's use"), context.database.writing() as session:
                signing_in.note_use(session, secret, now)
        caller = Caller(found.user_id, found.name, found.role.scopes, limits_of(None, context.quotas))
        context.rates.with_key(request, caller.key_id, context.quotas.requests_a_minute)
        return Visitor(caller, found.role, found.csrf)


Viewing = Annotated[Visitor, Depends(RoleDemand(Role.VIEWER))]
Editing = Annotated[Visitor, Depends(RoleDemand(Role.EDITOR))]
Administering = Annotated[Visitor, Depends(RoleDemand(Role.ADMIN))]


def cookie_name(context: Context) -> str:
    """Return what the cookie is called: with `__Host-` browsers take it from this very host and by HTTPS alone."""
    return "__Host-briefcast" if _is_https(context) else "briefcast"


def give_cookie(response: Response, context: Context, secret: str) -> None:
    """Have the browser hold a sign-in's secret."""
    _give(response, context, cookie_name(context), secret, signing_in.LONGEST)


def take_cookie(response: Response, context: Context) -> None:
    """Have the browser forget it."""
    _take(response, context, cookie_name(context))


def away_cookie(request: Request, context: Context) -> str:
    """Return the secret of a browser that is back from the provider, empty where it holds none."""
    return request.cookies.get(f"{cookie_name(context)}-away", "")


def give_away_cookie(response: Response, context: Context, secret: str) -> None:
    """Have a browser that goes to the provider hold a secret of its own."""
    _give(response, context, f"{cookie_name(context)}-away", secret, signing_in.AWAY)


def take_away_cookie(response: Response, context: Context) -> None:
    """Have the browser forget it."""
    _take(response, context, f"{cookie_name(context)}-away")


def _give(response: Response, context: Context, name: str, secret: str, age: timedelta) -> None:
    seconds = int(age.total_seconds())
    # Lax and not Strict: a browser comes back from the provider by a link of another site.
    response.set_cookie(
        name, secret, max_age=seconds, path="/", secure=_is_https(context), httponly=True, samesite="lax"
    )


def _take(response: Response, context: Context, name: str) -> None:
    response.delete_cookie(name, path="/", secure=_is_https(context), httponly=True, samesite="lax")


def demand_own_page(request: Request, context: Context) -> None:
    """Raise Problem unless the browser says that the request comes from a page of this origin.

    Browsers say so with every form and script that sends something; what says nothing is no browser, or none of today.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    ours = {_origin(context.address), f"{request.url.scheme}://{request.headers.get('host', '')}"}
    same_site = site is None or site == "same-origin"
    same_origin = origin is None or origin in ours
    if not (same_site and same_origin) or (site is None and origin is None):
        raise Problem("forgery_refused", "the request did not come from a page of the desk")


def check_desk(app: FastAPI) -> None:
    """Raise RuntimeError for a route under `/desk` that neither demands a role nor is open on purpose."""
    for route in all_routes(app):
        path = getattr(route, "path", "")
        if (path == "/desk" or path.startswith("/desk/")) and path not in OPEN and role_of(route) is None:
            message = f"the route {path} demands no role"
            raise RuntimeError(message)


def role_of(route: object) -> Role | None:
    """Return the role that a route demands, None for none."""
    dependant: Dependant | None = getattr(route, "dependant", None)
    found = (
        [inner.call.role for inner in dependant.dependencies if isinstance(inner.call, RoleDemand)] if dependant else []
    )
    return max(found, key=list(Role).index, default=None)


def _demand_token(request: Request, form: dict[str, str], expected: str) -> None:
    given = request.headers.get("x-csrf-token") or form.get("csrf", "")
    if not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()):
        raise Problem("forgery_refused", "the form lacks the token of this session", "Load the page again.")


def _is_https(context: Context) -> bool:
    return context.address.startswith("https://")


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
