"""Webhooks that come in: whose they are, of when, and what they tell of. Pure: no clock, no database.

A webhook only says where to look; what follows is decided from what the CMS itself says then. Two forms are known: that
of Ghost, and Standard Webhooks (https://www.standardwebhooks.com).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

from pydantic import AwareDatetime, ConfigDict, Field, ValidationError

from briefing.articles.addresses import canonical_address
from briefing.errors import AddressRefused
from briefing.following.sightings import Corrected
from briefing.values import NAME_PATTERN, Value, is_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Seconds by which the sender's clock may differ, and for which something may be under way.
TOLERANCE_S = 300.0

#: Seconds for which what was accepted is remembered: twice the above, as it may come early and again late.
REMEMBERED_S = 900.0

_GHOST = re.compile(r"sha256=([0-9a-fA-F]{64}),\s*t=([0-9]{1,15})")
_PREFIX = "whsec_"

#: Nothing in a CMS is older.
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)

#: Events of Ghost after which something of a post may have to be done. post.edited and site.changed come with each of
#: them and say nothing more.
GHOST_EVENTS = (
    "post.published",
    "post.published.edited",
    "post.unpublished",
    "post.scheduled",
    "post.rescheduled",
    "post.unscheduled",
    "post.deleted",
)


class Refusal(StrEnum):
    """Why a webhook is refused: few words, as each is a label of a measure."""

    UNKNOWN = "unknown"
    """There is no such source, or it has no secret."""
    UNSIGNED = "unsigned"
    SIGNATURE = "signature"
    """Signed, with another secret."""
    MOMENT = "moment"
    """Rightly signed; sent too long ago, or ahead of time."""
    SECRET_UNREADABLE = "secret_unreadable"  # noqa: S105  no password
    """Our own key is missing: it is answered 503, and comes again."""
    BODY = "body"
    """Rightly signed, and of no form that is known."""


class HookRefused(Exception):
    """Raised for a webhook that is not from whom it should be, or too old, or of no form that is known."""

    def __init__(self, message: str, reason: Refusal = Refusal.BODY) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Verified:
    """A webhook whose signature is right."""

    id: str
    """64 hex digits: equal for the same delivery come again."""


class Told(Value):
    """What a webhook tells of one article."""

    id: str | None = Field(default=None, pattern=f"^{NAME_PATTERN}$")
    """As in ArticleRef."""
    address: str | None = Field(default=None, max_length=2000)
    kind: Literal["published", "updated", "unpublished", "deleted", "visibility"]
    updated_at: AwareDatetime
    """When that was so: of two, the later one counts, however they come."""
    visibility: Literal["public", "members"] | None = None
    correction: Corrected | None = None
    """That what was said before is corrected, and how."""


def new_secret() -> str:
    """Return a secret in the form of Standard Webhooks: `whsec_` and 32 random bytes in base64."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def verify_ghost(
    headers: Mapping[str, str], body: bytes, event: str, keys: Sequence[str], now: float, *, body_only: bool = False
) -> Verified:
    """Return what Ghost sent, signed with one of `keys`. `now` in seconds since the epoch.

    `body_only` is how Ghost of before July 2024 signs: over the body without the moment. Raises HookRefused.
    """
    match = _GHOST.fullmatch(headers.get("x-ghost-signature", "").strip())
    if match is None:
        message = "there is no X-Ghost-Signature of the form `sha256=…, t=…`"
        raise HookRefused(message, Refusal.UNSIGNED)
    given, moment = match.group(1).lower(), match.group(2)
    signed = body if body_only else body + moment.encode()
    right = [hmac.compare_digest(hmac.new(key.encode(), signed, hashlib.sha256).hexdigest(), given) for key in keys]
    if not any(right):
        message = "the signature is of another secret"
        raise HookRefused(message, Refusal.SIGNATURE)
    _check_moment(int(moment) / 1000, now)
    # The same moment, body and so signature may come with two events, at two addresses.
    return Verified(hashlib.sha256(f"ghost\n{event}\n{given}".encode()).hexdigest())


def verify_standard(headers: Mapping[str, str], body: bytes, keys: Sequence[str], now: float) -> Verified:
    """Return what came as a Standard Webhook, signed with one of `keys`. Raises HookRefused."""
    identity, moment = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not re.fullmatch(r"[!-~]{1,255}", identity) or not re.fullmatch(r"[0-9]{1,12}", moment):
        message = "webhook-id, webhook-timestamp and webhook-signature are needed"
        raise HookRefused(message, Refusal.UNSIGNED)
    signed = f"{identity}.{moment}.".encode() + body
    expected = [base64.b64encode(hmac.digest(_raw(key), signed, hashlib.sha256)) for key in keys]
    given = [part[3:].encode() for part in headers.get("webhook-signature", "").split() if part.startswith("v1,")]
    right = [hmac.compare_digest(one, other) for one in expected for other in given[:10]]
    if not any(right):
        message = "the signature is of another secret"
        raise HookRefused(message, Refusal.SIGNATURE)
    _check_moment(float(moment), now)
    return Verified(hashlib.sha256(f"standard\n{identity}".encode()).hexdigest())


def read_ghost(body: bytes, event: str | None) -> str | None:
    """Return the ID of the post that Ghost tells of; None where there is nothing to look at.

    Ghost 6 says the event in the body; for Ghost 5 the address does. Raises HookRefused for what is no JSON object.
    """
    found = _object(body)
    named = found.get("event") or event
    post = found.get("post")
    if named not in GHOST_EVENTS or not isinstance(post, dict):
        return None
    # Of what is deleted only the former state is told.
    for state in (post.get("current"), post.get("previous")):
        identity = state.get("id") if isinstance(state, dict) else None
        if isinstance(identity, str) and re.fullmatch(r"[0-9a-f]{24}", identity):
            return identity
    return None


class _Data(Value):
    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str | None = Field(default=None, pattern=f"^{NAME_PATTERN}$")
    address: str | None = Field(default=None, max_length=2000)
    updated_at: AwareDatetime | None = None
    visibility: Literal["public", "members"] | None = None
    correction: Corrected | None = None


def read_standard(body: bytes, sent_at: float) -> Told | None:
    """Return what a Standard Webhook tells, None where it is nothing for us. `sent_at` is its own moment, in seconds.

    Raises HookRefused for what has not the form of docs/cms.md.
    """
    found = _object(body)
    room, _, kind = str(found.get("type")).partition(".")
    if room != "article" or kind not in {"published", "updated", "unpublished", "deleted", "visibility"}:
        return None
    try:
        data = _Data.model_validate(found.get("data"))
        moment = _plausible(data.updated_at, sent_at)
        told = Told.model_validate({**data.model_dump(exclude={"updated_at"}), "kind": kind, "updated_at": moment})
    except ValidationError as error:
        fault = error.errors()[0]
        message = f"data.{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
        raise HookRefused(message) from error
    if told.id is None and told.address is None:
        message = "data has neither id nor address"
        raise HookRefused(message)
    _check_names(told)
    return told


def _check_names(told: Told) -> None:
    """Raise HookRefused for an ID or an address that can be no article's."""
    if told.id is not None and not is_name(told.id):
        message = "data.id: this can be no article's"
        raise HookRefused(message)
    try:
        canonical_address(told.address or "https://none.example")
    except AddressRefused as error:
        message = f"data.address: {error.message}"
        raise HookRefused(message) from error


def _plausible(moment: datetime | None, sent_at: float) -> datetime:
    """Return a moment that is told, else when it was sent. One of the future would outdate all that is told later, and
    there are moments that no database keeps. Raises HookRefused.
    """
    if moment is None:
        return datetime.fromtimestamp(sent_at, UTC)
    if not _FIRST.timestamp() <= moment.timestamp() <= sent_at + TOLERANCE_S:
        message = "data.updated_at: this is no moment before the webhook's own"
        raise HookRefused(message)
    return moment.astimezone(UTC)


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        message = "the body is not JSON"
        raise HookRefused(message) from error
    if not isinstance(found, dict):
        message = "the body is no JSON object"
        raise HookRefused(message)
    return found


def _raw(secret: str) -> bytes:
    """Return a secret's bytes: what is behind `whsec_` is base64, anything else counts as it is."""
    if secret.startswith(_PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except (binascii.Error, ValueError):
            pass
    return secret.encode()


def _check_moment(moment: float, now: float) -> None:
    if abs(now - moment) > TOLERANCE_S:
        message = f"it was sent {abs(now - moment):.0f} s {'ago' if now > moment else 'ahead of time'}"
        raise HookRefused(message, Refusal.MOMENT)
