"""The authorization code flow with PKCE (RFC 7636), state and nonce, at one provider that is discovered.

State, nonce and verifier come from one secret that the browser alone holds: nothing to keep, and what comes back in
another browser fits nothing. What the provider publishes of itself is read once an hour, its keys also when it has
changed them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from api.provider import claims as told
from api.provider import tokens
from api.provider.answers import Answers
from briefing.errors import ProviderUnavailable, SignInRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.provider.tokens import Claims, Key
    from briefing.accounts.identities import Identity
    from briefing.accounts.roles import Role
    from briefing.settings import ProviderSettings

#: Seconds for which what the provider publishes of itself counts.
_FRESH_S = 3600.0

#: Seconds between two looks for a key that a token names and that is not known: tokens of nobody cost no more.
_KEYS_AGAIN_S = 30.0

#: Keys looked at; providers publish two or three.
_MOST_KEYS = 50


class Provider:
    """One per process; may be used by several threads."""

    def __init__(self, settings: ProviderSettings, address: str) -> None:
        """`address` is our own public one, without a trailing slash."""
        self.settings = settings
        self.back_to = f"{address}/desk/sign-in/provider/back"
        self._signed_out_to = f"{address}/desk/sign-in"
        self._answers = Answers(settings)
        self._lock = threading.Lock()
        self._found: dict[str, Any] = {}
        self._found_at = self._keys_at = -_FRESH_S
        self._keys: list[Key] = []

    def sign_in_address(self, secret: str) -> str:
        """Return where a browser that holds `secret` signs in. Raises ProviderUnavailable."""
        asked = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self.back_to,
            "scope": self.settings.scopes,
            "state": _of(secret, "state"),
            "nonce": _of(secret, "nonce"),
            "code_challenge": _encoded(hashlib.sha256(_of(secret, "verifier").encode()).digest()),
            "code_challenge_method": "S256",
        }
        return _with_query(self._answers.checked(self._metadata().get("authorization_endpoint")), asked)

    def signed_in(self, secret: str, given: Mapping[str, str], now: float) -> tuple[Identity, Role | None]:
        """Return who came back, and the role that the provider gives them. `given` is the address's query, `now` in
        seconds since the epoch. Raises ProviderUnavailable and SignInRefused.
        """
        if not hmac.compare_digest(given.get("state", "").encode(), _of(secret, "state").encode()):
            raise SignInRefused("what came back belongs to another sign-in", hint="Begin anew.")
        # RFC 9207: another provider's answer is not taken for this one's.
        if given.get("iss", self.settings.issuer) != self.settings.issuer:
            raise SignInRefused("the answer is another provider's", hint="Begin anew.")
        if "error" in given or not given.get("code"):
            raise SignInRefused("you were not signed in there", hint="Try again, or ask an admin of the desk.")
        answer = self._exchanged(given["code"], secret)
        token = answer.get("id_token")
        claims = self._checked(token if isinstance(token, str) else "", _of(secret, "nonce"), now)
        if told.lacks(claims, self.settings):
            claims = self._more(claims, answer.get("access_token"))
        return told.identity(claims, self.settings), told.role(claims, self.settings)

    def sign_out_address(self) -> str | None:
        """Return where one signs out at the provider too, None where it has no such page or does not answer."""
        try:
            found = self._metadata().get("end_session_endpoint")
            if found is None:
                return None
            asked = {"client_id": self.settings.client_id, "post_logout_redirect_uri": self._signed_out_to}
            return _with_query(self._answers.checked(found), asked)
        except ProviderUnavailable:
            return None

    def _exchanged(self, code: str, secret: str) -> dict[str, Any]:
        """Return what the provider gives for a code, which works once."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.back_to,
            "code_verifier": _of(secret, "verifier"),
        }
        metadata, ours, headers = self._metadata(), self.settings, {}
        if ours.client_secret and "client_secret_basic" in _listed(
            metadata, "token_endpoint_auth_methods_supported", ["client_secret_basic"]
        ):
            # Both form-encoded first (RFC 6749, 2.3.1).
            pair = f"{quote(ours.client_id, safe='')}:{quote(ours.client_secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form["client_id"] = ours.client_id
            form |= {"client_secret": ours.client_secret} if ours.client_secret else {}
        return self._answers.post(self._answers.checked(metadata.get("token_endpoint")), form, headers)

    def _checked(self, token: str, nonce: str, now: float) -> Claims:
        ours = self.settings
        expected = tokens.Expected(ours.issuer, ours.client_id, nonce, ours.accepted, now, ours.skew_s)
        try:
            return tokens.check(token, self._published_keys(), expected)
        except tokens.KeyUnknown:
            return tokens.check(token, self._published_keys(anew=True), expected)

    def _more(self, claims: Claims, access_token: object) -> Claims:
        """Return the claims with those that the provider tells of the same person when asked; the token's go first."""
        endpoint = self._metadata().get("userinfo_endpoint")
        if endpoint is None or not isinstance(access_token, str) or not access_token.isascii():
            return claims
        found = self._answers.get(self._answers.checked(endpoint), access_token)
        if found.get("sub") != claims["sub"]:
            raise SignInRefused("it speaks of somebody else than its ID token does")
        return found | claims

    def _metadata(self) -> dict[str, Any]:
        with self._lock:
            if time.monotonic() - self._found_at < _FRESH_S:
                return self._found
        found = self._answers.get(f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != self.settings.issuer:
            message = (
                f"the provider calls itself {str(found.get('issuer'))[:100]!r}, and not as BRIEFCAST_OIDC_ISSUER says"
            )
            raise ProviderUnavailable(message)
        with self._lock:
            self._found, self._found_at = found, time.monotonic()
        return found

    def _published_keys(self, *, anew: bool = False) -> list[Key]:
        with self._lock:
            age = time.monotonic() - self._keys_at
            if age < (_KEYS_AGAIN_S if anew else _FRESH_S):
                return self._keys
            # Noted before it is asked, so that many tokens at once have it asked once.
            self._keys_at = time.monotonic() if anew else self._keys_at
        found = self._answers.get(self._answers.checked(self._metadata().get("jwks_uri")))
        keys = [key for key in _listed(found, "keys", [])[:_MOST_KEYS] if isinstance(key, dict)]
        with self._lock:
            self._keys, self._keys_at = keys, time.monotonic()
        return keys


def _of(secret: str, purpose: str) -> str:
    """Return what a browser's secret stands for in a place where others see it."""
    return _encoded(hmac.digest(secret.encode("utf-8", "replace"), f"briefcast-oidc/1 {purpose}".encode(), "sha256"))


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _listed(found: Mapping[str, Any], name: str, otherwise: list[Any]) -> list[Any]:
    value = found.get(name, otherwise)
    return value if isinstance(value, list) else otherwise


def _with_query(address: str, asked: Mapping[str, str]) -> str:
    return address + ("&" if "?" in address else "?") + urlencode(asked)
