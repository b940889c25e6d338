"""Asks the provider: over `briefing.outside.reaching`, which checks where an address leads when it connects, and under
bounds.

Redirects are not followed: what is asked carries secrets. Knows nothing of tokens.
"""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from briefing.errors import AddressRefused, PageRefused, ProviderUnavailable, SourceUnavailable
from briefing.outside.calls import Caller
from briefing.settings import FetchSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from briefing.settings import ProviderSettings

#: Megabytes of an answer at most, as it comes and unpacked: a large set of keys is a tenth of it.
_MOST_MB = 0.25

#: Questions under way at once in this process: each holds one of the threads that all requests share.
_MOST_AT_ONCE = 6

#: Seconds for which a provider that did not answer is not asked again, so that the sign-in page comes at once.
_LEFT_ALONE_S = 5.0

_OK = 200


class Answers:
    """What the provider answers. One per process; may be used by several threads."""

    def __init__(self, settings: ProviderSettings) -> None:
        self._private = settings.private_hosts
        bounds = FetchSettings(seconds=settings.seconds, wire_mb=_MOST_MB, decoded_mb=_MOST_MB)
        self._caller = Caller(
            bounds, settings.private_hosts, media_types=("application/json",), authorities=settings.ca_file
        )
        self._turns = threading.BoundedSemaphore(_MOST_AT_ONCE)
        self._not_before = 0.0

    def get(self, address: str, token: str | None = None) -> dict[str, Any]:
        """Return a JSON object. Raises ProviderUnavailable."""
        return self._object("GET", address, {"Authorization": f"Bearer {token}"} if token else {})

    def post(self, address: str, form: Mapping[str, str], headers: Mapping[str, str]) -> dict[str, Any]:
        """Send a form and return the JSON object that comes back. Raises ProviderUnavailable."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._object("POST", address, kind | dict(headers), urlencode(form).encode())

    def checked(self, address: object) -> str:
        """Return an address that the provider named, if it is one to send anything to. Raises ProviderUnavailable."""
        message = f"the provider names {str(address)[:100]!r} where an https address belongs"
        try:
            parts = urlsplit(address if isinstance(address, str) else "")
            # The port too is read here: one that is no number is a fault.
            safe = parts.hostname and parts.port != 0 and self._is_safe(parts.scheme, parts.netloc)
        except ValueError as error:
            raise ProviderUnavailable(message) from error
        if not safe:
            raise ProviderUnavailable(message)
        return str(address)

    def _is_safe(self, scheme: str, place: str) -> bool:
        return scheme == "https" or (scheme == "http" and place in self._private)

    def _object(
        self, method: str, address: str, headers: Mapping[str, str], content: bytes | None = None
    ) -> dict[str, Any]:
        place = urlsplit(self.checked(address)).hostname
        with self._turn():
            try:
                reply = self._caller.call(method, address, headers, content)
            except SourceUnavailable as error:
                self._not_before = time.monotonic() + _LEFT_ALONE_S
                raise ProviderUnavailable(error.message) from error
            except (AddressRefused, PageRefused) as error:
                raise ProviderUnavailable(error.message) from error
        try:
            found = json.loads(reply.content)
        except (ValueError, RecursionError):
            found = None
        if reply.status == _OK and isinstance(found, dict):
            return found
        # As invalid_client, by which whoever set this up sees what is wrong.
        why = f" ({str(found['error'])[:40]!r})" if isinstance(found, dict) and "error" in found else ""
        message = f"{place} answered {reply.status}{why}, and not with what was asked for"
        raise ProviderUnavailable(message)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if time.monotonic() < self._not_before:
            raise ProviderUnavailable("the provider did not answer a moment ago")
        if not self._turns.acquire(blocking=False):
            raise ProviderUnavailable("too many sign-ins are waiting for the provider")
        try:
            yield
        finally:
            self._turns.release()
