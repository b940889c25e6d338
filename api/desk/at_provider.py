"""`/desk/sign-in/provider`: out to the OpenID provider and back, and signing out there too.

Starts from a link and not from a form, since our policy lets forms lead nowhere else. Which user somebody is, and what
they may do, is `briefing.accounts.identities`'; whether the provider is to be believed is `api.provider`'s.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import Query, Request, Response

from api.context import Here
from api.desk.pages import TOLD, desk_router, see_other
from api.desk.people import SIGN_IN, away_cookie, give_away_cookie, take_away_cookie
from api.desk.signing_in import ours, sign_in_page, signed_in, words_for
from api.problems import Problem
from briefing.accounts import audit, identities, signing_in
from briefing.accounts.audit import Action
from briefing.errors import ProviderUnavailable, SignInRefused, UserRefused
from briefing.observing.logs import get_logger

if TYPE_CHECKING:
    from api.context import Context
    from api.provider import Provider
    from briefing.accounts.identities import Identity
    from briefing.accounts.roles import Role
    from briefing.accounts.users import User

router = desk_router()

TOLD.update(signed_out_here="You are signed out here, and still signed in at the provider.")

_log = get_logger("sign_in")

#: What comes back with a browser, and how long each may be.
_GIVEN = {"code": 8192, "state": 128, "iss": 255, "error": 100}

#: What a browser says of where it was led from by a link of ours, or by typing.
_OWN_WAY = frozenset({None, "same-origin", "none"})


@router.get("/sign-in/provider")
def go(request: Request, context: Here, to: Annotated[str, Query(alias="next")] = "/desk") -> Response:
    """Send a browser to the provider."""
    provider = _provider(context)
    context.rates.without_key(request)
    if request.headers.get("sec-fetch-site") not in _OWN_WAY:
        # No other site has anybody signed in without their saying so.
        return see_other(SIGN_IN)
    wanted = ours(to)
    with context.database.writing() as session:
        secret = signing_in.start(session, wanted if len(wanted) <= 512 else "/desk", datetime.now(UTC))  # noqa: PLR2004
    try:
        response = see_other(provider.sign_in_address(secret))
    except ProviderUnavailable as error:
        return _away(request, context, error)
    give_away_cookie(response, context, secret)
    return response


@router.get("/sign-in/provider/back")
def back(request: Request, context: Here) -> Response:
    """Take whoever comes back from the provider."""
    response = _back(request, context, _provider(context))
    take_away_cookie(response, context)
    return response


@router.get("/sign-out/provider")
def sign_out(context: Here) -> Response:
    """Send a browser that is signed out here to sign out at the provider too."""
    return see_other(_provider(context).sign_out_address() or SIGN_IN)


def _back(request: Request, context: Context, provider: Provider) -> Response:
    context.rates.without_key(request)
    secret, now, address = away_cookie(request, context), datetime.now(UTC), context.rates.address_of(request)
    with context.database.writing() as session:
        wanted = signing_in.back(session, secret, now) if secret else None
        wait_s = signing_in.begin_try(session, None, address) if wanted is not None else 0.0
    if wanted is None:
        return sign_in_page(request, 403, "Signing in took too long, or began in another browser. Begin anew.")
    if wait_s > 0:
        return sign_in_page(
            request,
            429,
            f"Too many tries. Try again in {words_for(wait_s)}.",
            headers={"Retry-After": str(math.ceil(wait_s))},
        )
    given = {name: request.query_params.get(name, "")[:most] for name, most in _GIVEN.items()}
    try:
        identity, role = provider.signed_in(secret, {k: v for k, v in given.items() if v}, now.timestamp())
        user = _admitted(context, identity, role, now)
    except ProviderUnavailable as error:
        return _away(request, context, error)
    except (SignInRefused, UserRefused) as error:
        _log.warning("sign_in_refused", reason=error.message)
        begun = (
            f"{context.sign_in.name} signed you in, but" if isinstance(error, UserRefused) else "You are not signed in:"
        )
        return sign_in_page(request, 403, f"{begun} {error.message}. {error.hint}")
    with context.database.writing() as session:
        signing_in.succeeded(session, None, address)
    return signed_in(context, user, wanted, f" by {context.sign_in.name}")


def _admitted(context: Context, identity: Identity, role: Role | None, now: datetime) -> User:
    """Return the user that an identity is. Raises SignInRefused, UserRefused."""
    name = identity.names[0]
    with context.database.writing() as session:
        if role is None:
            identities.shut_out(session, identity, now)
        user = identities.admit(session, identity, role, now) if role is not None else None
        if user is None:
            why = "no role" if role is None else "waits for an admin"
            audit.record(session, now, Action.SIGN_IN_REFUSED, None, detail=f"{name} {why}", by=name)
    if user is not None:
        return user
    where = context.sign_in.name
    if role is None:
        message = f"{where} knows you as {name}, and gives you no part in this desk"
        raise SignInRefused(message, hint=f"Ask whoever looks after {where} for a role at the desk.")
    message = f"{where} knows you as {name}, and an admin of the desk has to say first which user that is"
    raise SignInRefused(message, hint="Ask an admin, who finds you under Users, and come again.")


def _away(request: Request, context: Context, error: ProviderUnavailable) -> Response:
    _log.warning("provider_unavailable", reason=error.message)
    where = context.sign_in.name
    instead = (
        "You can sign in by password meanwhile."
        if context.sign_in.passwords
        else "In an emergency whoever runs the server lets an admin in by `briefcast users let-in`."
    )
    said = f"{where[:1].upper()}{where[1:]} does not answer as it should. Try again in a minute. {instead}"
    return sign_in_page(request, 503, said, headers={"Retry-After": "60"})


def _provider(context: Context) -> Provider:
    if context.provider is None:
        raise Problem("not_found", "there is nothing here")
    return context.provider
