"""Copies of a bucket's blobs on this machine's disk, so that what was made or fetched once need not be fetched again.

Nothing is lost with them. Knows no bucket.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from briefing.storage.atomic import reporting, sync_file
from briefing.storage.interfaces import checked_sha256, is_sha256

if TYPE_CHECKING:
    from pathlib import Path

#: Seconds after its last use in which a copy is not removed, whatever the bound says: a step that has been told where
#: it lies opens it later, and the longest takes half an hour.
_IN_USE_S = 3600.0

#: Seconds between two looks at how much there is.
_LOOK_S = 60.0


class Copies:
    """The folder of copies, of `most` bytes and what is in use."""

    def __init__(self, folder: Path, most: int) -> None:
        self._folder = folder
        self._most = most
        self._looked = 0.0

    def find(self, sha256: str) -> Path | None:
        """Return where a copy lies, None where there is none, and note its use."""
        path = self._place(sha256)
        try:
            # Its time of modification is that of its last use: the bytes never change.
            os.utime(path)
        except OSError:
            return None
        return path

    def adopt(self, path: Path, sha256: str) -> Path:
        """Take over a finished file on the same disk as the copy of `sha256`. Raises StorageUnavailable."""
        place = self._place(sha256)
        with reporting(place):
            # Not for its loss, which would do no harm: a name without its bytes would, after a power cut.
            sync_file(path)
            place.parent.mkdir(parents=True, exist_ok=True)
            path.replace(place)
        self._trim()
        return place

    def drop(self, sha256: str) -> None:
        """Remove a copy; no error where there is none."""
        with suppress(OSError):
            self._place(sha256).unlink()

    def _trim(self) -> None:
        """Remove what was not used for longest, until no more is kept than should be."""
        now = time.monotonic()
        if now - self._looked < _LOOK_S:
            return
        self._looked = now
        found = []
        for path in self._folder.glob("??/*"):
            if is_sha256(path.name):
                with suppress(OSError):
                    told = path.stat()
                    found.append((told.st_mtime, told.st_size, path))
        total = sum(size for _, size, _ in found)
        for used, size, path in sorted(found):
            if total <= self._most or time.time() - used < _IN_USE_S:
                return
            with suppress(OSError):
                path.unlink()
            total -= size

    def _place(self, sha256: str) -> Path:
        return self._folder / checked_sha256(sha256)[:2] / sha256
