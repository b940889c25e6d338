"""Checks an ID token as OpenID Connect Core 3.1.3.7 lays down: signature, issuer, audience, times, nonce. Pure.

The signature's algorithm is chosen from our list and must fit the key; keys that a token brings along are never looked
at, and shared secrets never verify anything.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from joserfc import jwk, jws
from joserfc.errors import JoseError

from briefing.errors import SignInRefused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Claims = dict[str, Any]
"""What a token states, by name."""

Key = dict[str, Any]
"""A public key as a JWKS has it."""

#: Which kind of key makes which signature.
_KINDS = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}

_CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "EdDSA": "Ed25519", "Ed25519": "Ed25519"}

#: Bits of an RSA key at least (RFC 7518, 3.3).
_LEAST_RSA_BITS = 2048

#: A token is a few hundred bytes; with many groups a few thousand.
_MOST_BYTES = 32_768

#: What a subject is at most (OpenID Connect Core, 2).
_MOST_SUBJECT = 255


#: Beyond any moment that a token names, in seconds since the epoch.
_END_OF_TIME = 1e12


@dataclass(frozen=True)
class Expected:
    """What a token must say."""

    issuer: str
    client_id: str
    nonce: str
    algorithms: tuple[str, ...]
    now: float
    """Seconds since the epoch."""
    skew_s: float


class KeyUnknown(SignInRefused):
    """Raised when no key fits a token: the provider may have taken a new one since its keys were read."""


def check(token: str, keys: Sequence[Key], expected: Expected) -> Claims:
    """Return what a token states once all of it is checked. Raises SignInRefused, and KeyUnknown where no key fits."""
    header = _header(token)
    algorithm = header.get("alg")
    if algorithm not in expected.algorithms:
        raise _refused(f"its ID token is signed by {str(algorithm)[:20]!r}, which is not accepted")
    key = _key(keys, header.get("kid"), algorithm)
    try:
        signed = jws.deserialize_compact(token, jwk.import_key(key), algorithms=[algorithm])
        claims = json.loads(signed.payload or b"")
    except (JoseError, ValueError, RecursionError) as error:
        raise _refused("its ID token is not signed by it") from error
    if not isinstance(claims, dict):
        raise _refused("its ID token states nothing")
    _check_for_us(claims, expected)
    _check_times(claims, expected)
    return claims


def _header(token: str) -> Mapping[str, Any]:
    """Return a token's header, which is not checked yet."""
    header: object = None
    # Header, payload and signature; one of five parts is encrypted.
    if len(token) <= _MOST_BYTES and token.count(".") == 2:  # noqa: PLR2004
        first = token.partition(".")[0]
        with suppress(ValueError, RecursionError):
            header = json.loads(urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    if not isinstance(header, dict):
        raise _refused("its ID token is none")
    return header


def _key(keys: Sequence[Key], kid: object, algorithm: str) -> Key:
    """Return the one key that may have made the signature."""
    fit = [key for key in keys if _fits(key, algorithm) and (kid is None or key.get("kid") == kid)]
    # Without a name it has to be the only one: trying all of them would be the provider's mistake made ours.
    if len(fit) != 1:
        raise KeyUnknown("its ID token is signed by a key that it does not publish")
    key: Key = {name: fit[0][name] for name in ("kty", "n", "e", "crv", "x", "y") if name in fit[0]}
    if key["kty"] == "RSA" and len(str(key.get("n", ""))) * 6 < _LEAST_RSA_BITS:
        raise _refused("its key is too short")
    return key


def _fits(key: Key, algorithm: str) -> bool:
    return (
        key.get("kty") == _KINDS[algorithm[:2]]
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and key.get("crv") == _CURVES.get(algorithm)
    )


def _check_for_us(claims: Claims, expected: Expected) -> None:
    if claims.get("iss") != expected.issuer:
        raise _refused("its ID token names another issuer")
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if expected.client_id not in audiences:
        raise _refused("its ID token is for somebody else")
    if claims.get("azp", None if len(audiences) > 1 else expected.client_id) != expected.client_id:
        raise _refused("its ID token was given to somebody else")
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode("utf-8", "replace"), expected.nonce.encode()):
        raise _refused("its ID token is of another sign-in")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _MOST_SUBJECT or not subject.isprintable():
        raise _refused("its ID token does not say who it is")


def _check_times(claims: Claims, expected: Expected) -> None:
    ends, begins = _moment(claims, "exp"), _moment(claims, "iat")
    if ends is None or ends <= expected.now - expected.skew_s:
        raise _refused("its ID token is over")
    if begins is None or max(begins, _moment(claims, "nbf") or begins) > expected.now + expected.skew_s:
        raise _refused("its ID token is of a time to come: are both clocks right?")


def _moment(claims: Claims, name: str) -> float | None:
    """Return a moment in seconds since the epoch; None for what is none, as NaN, which is before and after nothing."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < _END_OF_TIME else None


def _refused(why: str) -> SignInRefused:
    return SignInRefused(why)
