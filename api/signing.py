"""What opens members' files, in this process: the keys at hand, and files whose addresses are signed for one reader."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING

from api.unsigned import filled
from briefing.errors import DatabaseUnavailable
from briefing.secrets import address_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from briefing.database import Database
    from briefing.secrets.address_keys import AddressKey, Opened

#: Seconds for which keys are taken to be all there are; a new one is known everywhere after that.
_FRESH_S = 10.0

#: Days by which the end of addresses in feeds moves on at a time: in between, a feed that has not changed is the same.
_STEP_DAYS = 30

_DAY_S = 86_400


class Signing:
    """Signs and verifies for one API process. Threads share it."""

    def __init__(self, database: Database, feed_days: int, clock: Callable[[], float] = time.time) -> None:
        self._database, self._feed_days, self._clock = database, feed_days, clock
        self._keys: Mapping[str, AddressKey] = {}
        self._looked_at = 0.0
        self._lock = Lock()

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._clock()

    def feed_until(self) -> int:
        """Return when addresses in a private feed end."""
        step = _STEP_DAYS * _DAY_S
        return (int(self._clock()) // step + 1) * step + self._feed_days * _DAY_S

    def verify(self, token: str, name: str) -> Opened | None:
        """Return what a token says of a file; None where it opens nothing of ours.

        Raises DatabaseUnavailable where no key was ever at hand.
        """
        return address_keys.verify(self._known(), token, name, self._clock())

    def token(self, name: str, until: int, listener: str | None = None) -> str:
        """Return the token for a file. Raises DatabaseUnavailable."""
        return address_keys.sign(self._signer(), name, until, listener)

    def signed(
        self,
        name: str,
        content: bytes,
        until: int,
        listener: str | None = None,
        paths: Mapping[str, str] = MappingProxyType({}),
    ) -> bytes:
        """Return members' file `name` with the addresses that our writers gave it signed; `paths` has those of names
        that are opened by something else. Raises DatabaseUnavailable.
        """
        key = self._signer()

        def opened(named: str) -> str:
            return paths.get(named) or f"/members/{address_keys.sign(key, named, until, listener)}/{named}"

        return filled(name, content, opened)

    def _signer(self) -> AddressKey:
        found = next((key for key in self._known().values() if key.ends_at is None), None)
        if found is not None:
            return found
        with self._database.writing() as session:
            # Somebody else may have made the first one meanwhile; two do no harm.
            if not any(key.ends_at is None for key in address_keys.load(session).values()):
                address_keys.rotate(session, datetime.now(UTC), grace=timedelta())
        self._looked_at = 0.0
        return next(key for key in self._known().values() if key.ends_at is None)

    def _known(self) -> Mapping[str, AddressKey]:
        with self._lock:
            if self._clock() - self._looked_at < _FRESH_S:
                return self._keys
            try:
                with self._database.reading() as session:
                    self._keys = address_keys.load(session)
            except DatabaseUnavailable:
                # Members hear on while the database is away.
                if not self._keys:
                    raise
            self._looked_at = self._clock()
            return self._keys
