"""Audio storage by content hash, in a local folder.

Files never change once stored and are visible only when complete: temporary name, fsync, rename, fsync of
the folder. Does not know what the bytes are, nor who still needs them.
"""

from __future__ import annotations

import os
import re
import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Protocol

from briefing.errors import StorageUnavailable
from briefing.hashing import file_sha256

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SHA256 = re.compile(r"[0-9a-f]{64}")

#: What `temporary` calls a file.
TEMPORARY_NAME = re.compile(r"[0-9a-f]{16}\.[a-z0-9]+")


@dataclass(frozen=True)
class StoredBlob:
    """What a storage tells of some bytes without reading them."""

    sha256: str
    bytes: int
    modified: float
    """When they were stored last, in seconds since the epoch by the storage's clock."""


class BlobStorage(Protocol):
    """Bytes by their sha256."""

    def put(self, path: Path) -> str:
        """Move the finished file at `path` into storage and return its sha256; an equal one may be there already."""
        ...

    def path(self, sha256: str) -> Path | None:
        """Return where the bytes lie, or None when they are not there."""
        ...

    def intact(self, sha256: str) -> bool:
        """Tell whether the bytes are there and still match their hash."""
        ...

    def remove(self, sha256: str) -> None:
        """Delete the bytes; no error when they are not there."""
        ...

    def stored(self) -> Iterator[StoredBlob]:
        """Yield what is stored, in no order; what comes or goes meanwhile may or may not be among it."""
        ...

    def temporary(self, suffix: str) -> Path:
        """Return a fresh path on the same disk for a file in the making."""
        ...


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power loss."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_file(path: Path) -> None:
    """Make a file's bytes survive a power loss."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, where they are missing. Raises StorageUnavailable."""
    with reporting(folder):
        folder.mkdir(parents=True, exist_ok=True)


@contextmanager
def reporting(path: Path) -> Iterator[None]:
    """Raise StorageUnavailable for what the system raises when `path` cannot be written."""
    try:
        yield
    except OSError as error:
        message = f"cannot write {path}: {error.strerror}"
        raise StorageUnavailable(message) from error


def write_atomically(path: Path, content: bytes) -> None:
    """Write a small file so that readers see the old or the new content, never a part.

    Raises StorageUnavailable.
    """
    with reporting(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        with _exclusively(temporary) as file:
            file.write(content)
        try:
            temporary.replace(path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


@contextmanager
def _exclusively(path: Path) -> Iterator[IO[bytes]]:
    file = path.open("xb")
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise


class FolderStorage:
    """`BlobStorage` in a folder: `blobs/ab/<sha256>`, with `tmp/` beside it for files in the making."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, sha256: str) -> Path | None:
        """See `BlobStorage`."""
        path = self._place(sha256)
        return path if path.is_file() else None

    def put(self, path: Path) -> str:
        """See `BlobStorage`. Raises StorageUnavailable."""
        with reporting(path):
            sync_file(path)
            sha256 = file_sha256(path)
            place = self._place(sha256)
            place.parent.mkdir(parents=True, exist_ok=True)
            path.replace(place)
            sync_folder(place.parent)
        return sha256

    def intact(self, sha256: str) -> bool:
        """See `BlobStorage`."""
        path = self.path(sha256)
        try:
            return path is not None and file_sha256(path) == sha256
        except OSError:
            return False  # a bad sector is as good as a flipped bit

    def remove(self, sha256: str) -> None:
        """See `BlobStorage`."""
        self._place(sha256).unlink(missing_ok=True)

    def stored(self) -> Iterator[StoredBlob]:
        """See `BlobStorage`."""
        for path in (self.root / "blobs").glob("??/*"):
            if _SHA256.fullmatch(path.name):
                try:
                    found = path.stat()
                except FileNotFoundError:
                    continue
                yield StoredBlob(path.name, found.st_size, found.st_mtime)

    def temporary(self, suffix: str) -> Path:
        """See `BlobStorage`. Raises StorageUnavailable."""
        folder = self.root / "tmp"
        make_folder(folder)
        return folder / f"{secrets.token_hex(8)}{suffix}"

    def _place(self, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            message = f"{sha256!r} is not a sha256"
            raise ValueError(message)
        return self.root / "blobs" / sha256[:2] / sha256
