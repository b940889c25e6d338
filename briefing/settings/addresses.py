"""Whether the address of a broker or a database can be read as its writer meant it.

A password that is not percent-encoded ends where it should not: what is behind its `/`, `#`, `?` or `@` is taken for a
host or a port, and named in messages of those who could not reach it. So such an address is refused before anybody
tries, and no part of it is said. Opens no connection.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_ENCODE = (
    "its user, password, host or port cannot be told apart; percent-encode the password (/ is %2F, # is %23, ? is %3F, "
    "@ is %40), or take one of letters and digits: openssl rand -hex 24"
)

#: An address of SQLAlchemy's with an `@` beyond that which ends its password; values in its query may have one.
_SECOND_AT = re.compile(r"[\w+]+://[^:/@]*(:[^@]*)?@[^=]*@")

#: What stands before its `@` is skipped for good (an atomic group), as a password may look like a port.
_PORT = re.compile(r"[\w+]+://(?>(?:[^:/@]*(?::[^@]*)?@)?)(?:\[[^]]*\]|[^:/?]*):(?P<port>[^/?]*)")


def check_broker(address: str) -> None:
    """Raise ValueError, which quotes nothing, where a Redis' address cannot be read."""
    for one in address.split(";"):  # several sentinels are one setting
        try:
            parts = urlsplit(one)
            parts.port  # noqa: B018  it is read when asked for
        except ValueError:
            raise ValueError(_ENCODE) from None
        nowhere = not parts.hostname and "+socket" not in parts.scheme
        if nowhere or parts.fragment or "@" in parts.path or "@" in parts.query.partition("=")[0]:
            raise ValueError(_ENCODE)


def check_database(address: str) -> None:
    """Raise ValueError, which quotes nothing, where a database's address cannot be read."""
    if address.startswith("sqlite"):
        return
    port = _PORT.match(address)
    if _SECOND_AT.match(address) or (port and port["port"] and not port["port"].isdecimal()):
        raise ValueError(_ENCODE)
