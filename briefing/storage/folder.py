"""Blobs in a local folder: `blobs/ab/<sha256>`, with `tmp/` beside it for files in the making.

Files never change once stored and are visible only when complete.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

from briefing.hashing import file_sha256
from briefing.storage.atomic import make_folder, reporting, sync_file, sync_folder, write_atomically
from briefing.storage.interfaces import StoredBlob, checked_sha256, is_sha256

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: What `temporary` calls a file, and what signing calls the one that takes its place.
TEMPORARY_NAME = re.compile(r"[0-9a-f]{16}(-signed)?\.[a-z0-9]+")


class FolderStorage:
    """`BlobStorage` in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, sha256: str) -> Path | None:
        """See `BlobStorage`."""
        path = self._place(sha256)
        return path if path.is_file() else None

    def put(self, path: Path) -> str:
        """See `BlobStorage`."""
        with reporting(path):
            sync_file(path)
            sha256 = file_sha256(path)
            place = self._place(sha256)
            place.parent.mkdir(parents=True, exist_ok=True)
            path.replace(place)
            sync_folder(place.parent)
        return sha256

    def intact(self, sha256: str, *, afresh: bool = False) -> bool:  # noqa: ARG002  there is no other copy
        """See `BlobStorage`."""
        path = self.path(sha256)
        try:
            return path is not None and file_sha256(path) == sha256
        except OSError:
            return False  # a bad sector is as good as a flipped bit

    def has(self, sha256: str) -> bool:
        """See `BlobStorage`."""
        return self.path(sha256) is not None

    def remove(self, sha256: str) -> None:
        """See `BlobStorage`."""
        path = self._place(sha256)
        with reporting(path):
            path.unlink(missing_ok=True)

    def remove_older(self, sha256: str, than: float) -> bool:
        """See `BlobStorage`."""
        path, aside = self._place(sha256), self.temporary(".gone")
        with reporting(path):
            try:
                # Taken away first and looked at then: what somebody stores in between is not what is removed.
                path.rename(aside)
            except FileNotFoundError:
                return False
            if aside.stat().st_mtime >= than:
                aside.rename(path)
                return False
            aside.unlink()
        return True

    def stored(self) -> Iterator[StoredBlob]:
        """See `BlobStorage`."""
        for path in (self.root / "blobs").glob("??/*"):
            if is_sha256(path.name):
                try:
                    found = path.stat()
                except FileNotFoundError:
                    continue
                yield StoredBlob(path.name, found.st_size, found.st_mtime)

    def temporary(self, suffix: str) -> Path:
        """See `BlobStorage`. Raises StorageUnavailable."""
        return temporary_in(self.root / "tmp", suffix)

    def check(self) -> None:
        """See `BlobStorage`."""
        probe = self.root / f".check-{secrets.token_hex(4)}"
        write_atomically(probe, b"ok")
        with reporting(probe):
            probe.unlink()

    def _place(self, sha256: str) -> Path:
        return self.root / "blobs" / checked_sha256(sha256)[:2] / sha256


def temporary_in(folder: Path, suffix: str) -> Path:
    """Return a fresh path in `folder`, which is made where it is missing. Raises StorageUnavailable."""
    make_folder(folder)
    return folder / f"{secrets.token_hex(8)}{suffix}"
