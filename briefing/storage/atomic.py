"""Files that are there as a whole or not at all: temporary name, fsync, rename, fsync of the folder.

Also the one place where the system's refusals become errors of ours.
"""

from __future__ import annotations

import errno
import os
import secrets
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from briefing.errors import StorageFull, StorageUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: What the system says when there is no room: the disk, somebody's quota, or the size that one file may have.
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


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


def refused(message: str, error: OSError) -> StorageUnavailable:
    """Return the error to raise for what the system raised: StorageFull where there is no room."""
    kind = StorageFull if error.errno in _FULL else StorageUnavailable
    return kind(f"{message}: {error.strerror or error}")


@contextmanager
def reporting(path: Path) -> Iterator[None]:
    """Raise StorageUnavailable, for a full disk StorageFull, for what the system raises when `path` is written."""
    try:
        yield
    except OSError as error:
        raise refused(f"cannot write {path}", error) from error


def has_room(folder: Path, size: int) -> bool:
    """Tell whether a file of `size` bytes would find room in `folder`, by making one.

    For libraries that say of a failed write only that it failed.
    """
    probe = folder / f"{secrets.token_hex(8)}.room"
    try:
        with probe.open("xb") as file:
            os.posix_fallocate(file.fileno(), 0, max(1, size))
    except OSError as error:
        return error.errno not in _FULL
    finally:
        probe.unlink(missing_ok=True)
    return True


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
