"""Reads what a provider states of somebody: what to call them, whether their address is verified, their role. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from briefing.accounts.identities import Identity
from briefing.accounts.roles import Role
from briefing.errors import SignInRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.provider.tokens import Claims
    from briefing.settings import ProviderSettings

#: Values of a role claim that are looked at: a directory may put somebody in thousands of groups.
_MOST_VALUES = 5000


def identity(claims: Claims, settings: ProviderSettings) -> Identity:
    """Return who it is. Raises SignInRefused where their address has to be verified and is not."""
    # Compared, not looked for in a set: it may be a list, or whatever else.
    email, verified = claims.get("email"), claims.get("email_verified") in (True, "true")
    if settings.verified_email and not (verified and isinstance(email, str) and email):
        raise SignInRefused(
            "it does not say that your e-mail address is verified", hint="Have it verified there, then come again."
        )
    # An address that is not verified is whatever somebody typed.
    told = [email if verified else None, claims.get("preferred_username"), claims.get("name")]
    names = (" ".join(name.split())[:64] for name in told if isinstance(name, str))
    subject = str(claims["sub"])
    # What cannot be printed (U+0000, half a surrogate pair) no database keeps.
    kept = (name for name in names if name and name.isprintable())
    return Identity(settings.issuer, subject, (*kept, f"user {subject[:32]}"))


def role(claims: Claims, settings: ProviderSettings) -> Role | None:
    """Return the highest role that the claim gives, None for none."""
    found = _led_to(claims, settings.role_claim)
    values = found[:_MOST_VALUES] if isinstance(found, list) else [found]
    given = [Role(settings.roles[value]) for value in values if isinstance(value, str) and value in settings.roles]
    return max(given, key=list(Role).index, default=None)


def lacks(claims: Claims, settings: ProviderSettings) -> bool:
    """Tell whether the provider has to be asked for more than the token states."""
    wanted = ["email", "email_verified"] if settings.verified_email else []
    return any(name not in claims for name in wanted) or _led_to(claims, settings.role_claim) is None


def _led_to(claims: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401  whatever the provider says
    """Return the claim of that name, or what the dots in the name lead to: names of claims may be addresses."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found
