"""Ghost's Content and Admin API: one request, checked; errors in our words. Knows nothing of articles.

Only to the address that the newsroom named, under the rules of `briefing.outside.reaching`; keys go to that host alone.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from briefing.errors import ArticleNotFound, Misconfigured, PageRefused, SourceUnavailable
from briefing.outside.reaching import REDIRECTS, TEMPORARY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from briefing.outside.calls import Caller, Reply

#: Seconds for which a token opens the Admin API: Ghost allows five minutes, and clocks differ.
_TOKEN_S = 240

#: Seconds that one answer may take: a worker waits for it.
_ANSWER_S = 15.0

_ADMIN_KEY = re.compile(r"[0-9a-f]{24}:(?:[0-9a-f]{2}){16,64}")
_CONTENT_KEY = re.compile(r"[0-9a-f]{26}")

_CREATED = 201
_REFUSED = frozenset({401, 403})


@dataclass(frozen=True)
class GhostApi:
    """One Ghost, by one key or both. Reads by the Admin API where it may."""

    address: str
    """Without a trailing slash; with the folder, where Ghost is below one."""
    caller: Caller
    admin_key: str | None = None
    content_key: str | None = None

    def __post_init__(self) -> None:
        """Raise Misconfigured for keys that cannot be such; without them in the message."""
        if self.admin_key is not None and not _ADMIN_KEY.fullmatch(self.admin_key):
            message = "an Admin API key of Ghost is 24 hex digits, a colon, and 64 more"
            raise Misconfigured(message, hint="Copy it from Settings, Integrations, your custom integration.")
        if self.content_key is not None and not _CONTENT_KEY.fullmatch(self.content_key):
            message = "a Content API key of Ghost is 26 hex digits"
            raise Misconfigured(message, hint="Copy it from Settings, Integrations, your custom integration.")

    def get(self, path: str, now: float, **query: str) -> dict[str, Any]:
        """Return what is at `path`, such as "posts/". `now` in seconds since the epoch.

        Raises ArticleNotFound, PageRefused, AddressRefused or SourceUnavailable.
        """
        return self._read("GET", path, now, query)

    def post(self, path: str, now: float, content: Mapping[str, Any]) -> dict[str, Any]:
        """Add something by the Admin API, and return it. Raises as `get`, and GhostRefused where Ghost says why not."""
        return self._read("POST", path, now, {}, content)

    def delete(self, path: str, now: float) -> None:
        """Remove something by the Admin API. Raises as `get`."""
        self._read("DELETE", path, now, {})

    def _read(
        self, method: str, path: str, now: float, query: Mapping[str, str], content: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        # Not sooner: a settings file names the source, and its keys are given by a command.
        if self.admin_key is None and self.content_key is None:
            message = "Ghost is read by an Admin API key or a Content API key, and there is neither"
            raise Misconfigured(message, hint="Run `briefcast connect ghost ADDRESS ADMIN_KEY`.")
        headers = {"Accept": "application/json", "Accept-Version": "v5.0"}
        if self.admin_key is not None:
            kind = "admin"
            headers["Authorization"] = f"Ghost {token(self.admin_key, now)}"
        else:
            kind = "content"
            query = {**query, "key": str(self.content_key)}
        if content is not None:
            headers["Content-Type"] = "application/json"
        address = f"{self.address}/ghost/api/{kind}/{path}" + (f"?{urlencode(query)}" if query else "")
        body = None if content is None else json.dumps(content).encode()
        seconds = min(_ANSWER_S, self.caller.bounds.seconds)
        reply = self.caller.call(method, address, headers, body, seconds)
        return self._checked(reply, path)

    def _checked(self, reply: Reply, path: str) -> dict[str, Any]:
        host, status = urlsplit(self.address).hostname, reply.status
        if status in {200, _CREATED, 204}:
            return _json(reply.content, str(host)) if reply.content else {}
        if status in _REFUSED:
            message = f"{host} does not accept our key: {_reason(reply)}"
            raise PageRefused(message, code="cms_key_refused", hint="Run `briefcast connect` with a valid key.")
        if status == 404:  # noqa: PLR2004
            message = f"{host} has no {path}: unpublished, deleted, or never there"
            raise ArticleNotFound(message)
        if status in TEMPORARY:
            message = f"{host} answered {status}"
            raise SourceUnavailable(message, retry_after_s=reply.retry_after_s)
        if status in REDIRECTS:
            message = f"{host} redirects its API elsewhere"
            hint = "Name the source by the address that it redirects to; keys are not sent on."
            raise PageRefused(message, code="article_refused", hint=hint)
        raise GhostRefused(f"{host} refuses: {_reason(reply)}", _code(reply))


class GhostRefused(PageRefused):
    """Raised where Ghost does not do what is asked, and says why: `reason` is its own code."""

    code = "article_refused"

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message, hint="")
        self.reason = reason


def token(admin_key: str, now: float) -> str:
    """Return a token for the Admin API: a JWT (HS256) by the key's second half, named by its first."""
    identity, _, secret = admin_key.partition(":")
    head = {"alg": "HS256", "typ": "JWT", "kid": identity}
    # A little earlier, as Ghost's clock may be behind.
    claims = {"iat": int(now) - 5, "exp": int(now) + _TOKEN_S, "aud": "/admin/"}
    signed = b".".join(_base64(json.dumps(part, separators=(",", ":")).encode()) for part in (head, claims))
    signature = hmac.digest(bytes.fromhex(secret), signed, hashlib.sha256)
    return (signed + b"." + _base64(signature)).decode()


def _base64(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")


def _json(content: bytes, host: str) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        message = f"{host} answered with something else than JSON: is this its Ghost?"
        raise SourceUnavailable(message) from error
    if not isinstance(found, dict):
        message = f"{host} answered with something else than an object"
        raise SourceUnavailable(message)
    return found


def _first_error(reply: Reply) -> dict[str, Any]:
    try:
        errors = json.loads(reply.content).get("errors")
        return errors[0] if isinstance(errors[0], dict) else {}
    except (ValueError, RecursionError, AttributeError, TypeError, IndexError, KeyError):
        return {}


def _reason(reply: Reply) -> str:
    """Return Ghost's own words, in one line and bounded: they are shown to people."""
    error = _first_error(reply)
    said = " ".join(str(error.get(name) or "") for name in ("message", "context")).strip()
    return " ".join(said.split())[:300] or f"it answered {reply.status}"


def _code(reply: Reply) -> str:
    error = _first_error(reply)
    return str(error.get("code") or error.get("type") or reply.status)[:64]
