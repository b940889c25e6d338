"""How often words may be reported: in this process's memory, by hashes that no other process could make.

An address's hash is made with a salt that was never written down and goes with the process.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time

from briefing.audience.clients import network
from briefing.limits import Buckets

#: Reports of one article a minute, by whomever.
_OF_ARTICLE = 60

#: The same word of the same article by the same address counts once in so many minutes at most: a bucket of one.
_AGAIN = 1


class Reporting:
    """The counts of one API process."""

    def __init__(self, a_minute: int) -> None:
        self._a_minute = a_minute
        self._salt = secrets.token_bytes(32)
        self._addresses, self._articles, self._told = Buckets(), Buckets(), Buckets()

    def may_report(self, address: str) -> bool:
        """Tell whether a report of this address is taken, and count it."""
        return self._addresses.take(self._hashed(network(address)), self._a_minute, time.monotonic()).wait_s <= 0

    def counts(self, address: str, article: str, word: str) -> bool:
        """Tell whether a report counts: not the same once more, nor more of an article than people can tell."""
        now = time.monotonic()
        if self._told.take(self._hashed(f"{network(address)}\n{article}\n{word}"), _AGAIN, now).wait_s > 0:
            return False
        return self._articles.take(article, _OF_ARTICLE, now).wait_s <= 0

    def _hashed(self, text: str) -> str:
        return hmac.digest(self._salt, text.encode("utf-8", "replace"), hashlib.sha256).hex()[:32]
