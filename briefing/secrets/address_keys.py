"""Signed addresses of members' files: what opens which file, until when, for whom. And the keys that sign them.

A token is `<key>.<until>.<listener>.<signature>`: an HMAC-SHA256 over the file's name, the moment and the listener, so
that it opens that file and no other. The newest key signs; older ones verify until they end. Serves nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from briefing.models import AddressKeyRow

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from sqlalchemy.orm import Session

_TOKEN = re.compile(r"([0-9a-f]{8})\.(0|[1-9][0-9]{0,11})\.([0-9a-f]{16}|0)\.([A-Za-z0-9_-]{43})")

#: Who an address is for when it is for no listener of ours.
_NOBODY = "0"

#: Seconds by which clocks may differ: an address that has just ended still opens.
LEEWAY_S = 60


@dataclass(frozen=True)
class AddressKey:
    """A key, as it signs and verifies."""

    id: str
    secret: bytes
    ends_at: float | None
    """Seconds since the epoch."""


@dataclass(frozen=True)
class Opened:
    """What a token says, its signature verified."""

    until: int
    """Seconds since the epoch."""
    listener: str | None
    """ID of whom it is for; None for whoever has it."""

    def is_over(self, now: float) -> bool:
        """Tell whether it opens nothing any more."""
        return now > self.until + LEEWAY_S


def sign(key: AddressKey, name: str, until: int, listener: str | None) -> str:
    """Return the token that opens the file `name`."""
    who = listener or _NOBODY
    return f"{key.id}.{until}.{who}.{_signature(key, name, until, who)}"


def verify(keys: Mapping[str, AddressKey], token: str, name: str, now: float) -> Opened | None:
    """Return what a token says of the file `name`; None for one that we did not sign, or for another file, or with a
    key that has ended.
    """
    match = _TOKEN.fullmatch(token)
    key = keys.get(match.group(1)) if match else None
    if match is None or key is None or (key.ends_at is not None and key.ends_at < now):
        return None
    until, who, given = int(match.group(2)), match.group(3), match.group(4)
    if not hmac.compare_digest(_signature(key, name, until, who).encode(), given.encode()):
        return None
    return Opened(until, None if who == _NOBODY else who)


def _signature(key: AddressKey, name: str, until: int, listener: str) -> str:
    # No part holds a line feed.
    said = f"briefcast-address/1\n{name}\n{until}\n{listener}".encode()
    return base64.urlsafe_b64encode(hmac.digest(key.secret, said, hashlib.sha256)).rstrip(b"=").decode()


def load(session: Session) -> dict[str, AddressKey]:
    """Return all keys, the one that signs first."""
    rows = session.scalars(select(AddressKeyRow).order_by(AddressKeyRow.created_at.desc(), AddressKeyRow.id))
    return {
        row.id: AddressKey(row.id, bytes.fromhex(row.secret), row.ends_at.timestamp() if row.ends_at else None)
        for row in sorted(rows, key=lambda row: row.ends_at is not None)
    }


def rotate(session: Session, now: datetime, *, grace: timedelta) -> str:
    """Have a new key sign, and those there are verify for `grace` more; return its ID. Needs a writing session."""
    ends = now + grace
    session.execute(update(AddressKeyRow).where(AddressKeyRow.ends_at.is_(None)).values(ends_at=ends))
    row = AddressKeyRow(id=secrets.token_hex(4), secret=secrets.token_hex(32), created_at=now, ends_at=None)
    session.add(row)
    session.flush()
    return row.id
