"""Small published files, kept in memory for as long as what is stored has not been replaced. Bounded; threads share it.

Every use asks the storage first, so that a reader sees a new file as soon as it is there. Of a bucket that cannot be
asked without waiting for it, nothing is kept.
"""

from __future__ import annotations

import gzip
import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

    from starlette.datastructures import Headers

    from briefing.storage import PublicStorage

#: Bytes kept in all, and of the largest file: an article's JSON has three kilobytes, a feed half a million.
_MOST_BYTES = 32_000_000
_LARGEST_BYTES = 1_000_000


@dataclass(frozen=True)
class SmallFile:
    """A file's bytes and what its answers tell of it."""

    content: bytes
    modified: float
    """Seconds since the epoch."""
    validators: dict[str, str]
    """ETag and Last-Modified."""

    @cached_property
    def packed(self) -> bytes:
        """The bytes in gzip: made once, and kept as long as they are."""
        return gzip.compress(self.content, compresslevel=6, mtime=0)


class SmallFiles:
    """The small files of one storage."""

    def __init__(self, files: PublicStorage, most_bytes: int = _MOST_BYTES) -> None:
        self._files, self._most_bytes = files, most_bytes
        self._kept: OrderedDict[str, tuple[Hashable, SmallFile]] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def kept(self, name: str) -> SmallFile | None:
        """Return a file that was read before and is still what is stored; None for one that has to be read.

        Costs a look at the file's inode, so that the event loop may ask.
        """
        found = self._kept.get(name)
        if found is None:
            return None
        mark, small = found
        return small if self._files.mark(name) == mark else None

    def read(self, name: str) -> SmallFile | None:
        """Return a file, None where there is none. Raises StorageUnavailable."""
        small = self.kept(name)
        if small is not None:
            return small
        before = self._files.mark(name)
        found = self._files.read(name)
        if found is None:
            self._keep(name, None)
            return None
        content, told = found
        small = SmallFile(content, told.modified, validators(hashlib.sha256(content).hexdigest(), told.modified))
        # Replaced between the look and the reading: nobody knows of which of the two these bytes are.
        sure = before is not None and before == self._files.mark(name) and len(content) <= _LARGEST_BYTES
        self._keep(name, (before, small) if sure else None)
        return small

    def _keep(self, name: str, entry: tuple[Hashable, SmallFile] | None) -> None:
        with self._lock:
            old = self._kept.pop(name, None)
            self._bytes -= len(old[1].content) if old else 0
            if entry is None:
                return
            self._kept[name] = entry
            self._bytes += len(entry[1].content)
            while self._bytes > self._most_bytes:
                _, (_, dropped) = self._kept.popitem(last=False)
                self._bytes -= len(dropped.content)


def takes_gzip(asked_with: Headers) -> bool:
    """Tell whether whoever asks takes gzip (RFC 9110 12.5.3)."""
    weights: dict[str, float] = {}
    for entry in asked_with.get("accept-encoding", "").lower().split(","):
        name, _, weight = entry.partition(";")
        try:
            weights[name.strip()] = float(weight.replace(" ", "").removeprefix("q=")) if weight else 1.0
        except ValueError:
            weights[name.strip()] = 0.0
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0))) > 0


def validators(tag: str, modified: float) -> dict[str, str]:
    """Return ETag and Last-Modified of bytes whose hash is `tag`."""
    moment = datetime.fromtimestamp(int(modified), UTC)
    return {"ETag": f'"{tag}"', "Last-Modified": format_datetime(moment, usegmt=True)}
