"""Public files in a local folder, laid out like their addresses, so that any file server over it can serve them.

Published blobs are second names of the stored files (copies where the disk is another), aliases symbolic links.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from contextlib import contextmanager
from pathlib import Path
from stat import S_ISLNK, S_ISREG
from typing import TYPE_CHECKING

import anyio

from briefing.errors import StorageUnavailable
from briefing.storage.atomic import refused, reporting, sync_file, sync_folder, write_atomically
from briefing.storage.interfaces import PublicFile, checked_name

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Hashable, Iterator

    from briefing.storage.interfaces import BlobStorage, Serving

#: What a file is called before it takes its name.
_IN_THE_MAKING = re.compile(r"\..+\.[0-9a-f]{8}")

#: Bytes read at a time for whoever streams.
_BLOCK = 1 << 16


class PublicFolder:
    """`PublicStorage` in a folder."""

    links = True

    def __init__(self, root: Path, blobs: BlobStorage) -> None:
        self.root = root
        self._blobs = blobs

    def write(self, name: str, content: bytes, serving: Serving, twin: str = "") -> None:  # noqa: ARG002  the server's
        """See `PublicStorage`."""
        path = self._place(name)
        if twin:
            self._name_again(self._place(twin), path)
        else:
            write_atomically(path, content)

    def publish(self, name: str, sha256: str, serving: Serving) -> None:  # noqa: ARG002  the server's
        """See `PublicStorage`."""
        target, stored = self._place(name), self._blobs.path(sha256)
        if stored is None:
            message = f"{sha256} is not stored"
            raise StorageUnavailable(message)
        with reporting(target):
            # A file of that name that is not the stored one is a copy, or damaged: it is put there anew.
            if target.exists() and target.samefile(stored):
                return
        self._name_again(stored, target)

    def point(self, alias: str, name: str, sha256: str, serving: Serving) -> None:  # noqa: ARG002  a bucket's business
        """See `PublicStorage`."""
        path = self._place(alias)
        up = "../" * alias.count("/")
        with _replacing(path) as temporary:
            temporary.symlink_to(f"{up}{checked_name(name)}")

    def stage(self, sha256: str, serving: Serving, target: str = "") -> None:
        """See `PublicStorage`. Links move nothing."""

    def unstage(self, sha256: str) -> None:
        """See `PublicStorage`."""

    def staged(self) -> Iterator[PublicFile]:
        """See `PublicStorage`."""
        return iter(())

    def remove_staged(self, name: str) -> None:
        """See `PublicStorage`."""

    def target(self, alias: str) -> str | None:
        """See `PublicStorage`."""
        try:
            leads_to = str(self._place(alias).readlink())
        except OSError:
            return None
        # Only what `point` writes; a link to anywhere else is none of ours.
        return leads_to.removeprefix("../" * alias.count("/"))

    def read(self, name: str) -> tuple[bytes, PublicFile] | None:
        """See `PublicStorage`."""
        try:
            handle = os.open(self._place(name), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return None
        with os.fdopen(handle, "rb") as file:
            told = os.fstat(handle)
            return (file.read(), _told(name, told)) if S_ISREG(told.st_mode) else None

    def blocks(self, name: str) -> Iterator[bytes] | None:
        """See `PublicStorage`."""
        path = self.path(name)
        return _read(path) if path else None

    def mark(self, name: str) -> Hashable | None:
        """See `PublicStorage`. Files are replaced by new ones, never written into."""
        try:
            told = os.lstat(f"{self.root}/{checked_name(name)}")
        except OSError:
            return None
        return told.st_ino, told.st_ctime_ns, told.st_mtime_ns, told.st_size, told.st_mode

    def look(self, name: str) -> PublicFile | None:
        """See `PublicStorage`."""
        path = self._place(name)
        try:
            told = path.lstat()
            if S_ISLNK(told.st_mode):
                path = self._place(self.target(name) or "")
                told = path.lstat()
        except (OSError, ValueError):
            return None
        return _told(name, told) if S_ISREG(told.st_mode) else None

    def path(self, name: str) -> Path | None:
        """See `PublicStorage`."""
        path = self._place(name)
        try:
            return path if S_ISREG(path.lstat().st_mode) else None
        except OSError:
            return None

    def signed(self, name: str, method: str, seconds: int) -> str | None:  # noqa: ARG002  the interface's
        """See `PublicStorage`."""
        checked_name(name)
        return None

    async def stream(self, name: str, start: int, end: int) -> AsyncIterator[bytes]:
        """See `PublicStorage`."""
        async with await anyio.open_file(self._place(name), "rb") as file:
            await file.seek(start)
            while start < end and (block := await file.read(min(_BLOCK, end - start))):
                start += len(block)
                yield block

    def files(self, prefix: str = "") -> Iterator[PublicFile]:
        """See `PublicStorage`."""
        for folder, _, names in os.walk(self._place(prefix) if prefix else self.root):
            for name in names:
                if not _IN_THE_MAKING.fullmatch(name) and (
                    found := self.look((Path(folder) / name).relative_to(self.root).as_posix())
                ):
                    yield found

    def remove(self, name: str) -> None:
        """See `PublicStorage`."""
        path = self._place(name)
        with reporting(path):
            path.unlink(missing_ok=True)

    def _place(self, name: str) -> Path:
        return self.root / checked_name(name)

    @staticmethod
    def _name_again(existing: Path, path: Path) -> None:
        """Give a file another name, or make a copy where that cannot be."""
        with _replacing(path) as temporary:
            try:
                os.link(existing, temporary)
            except OSError:
                shutil.copyfile(existing, temporary)
                sync_file(temporary)


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """Yield a name beside `path` that takes its place afterwards. Raises StorageUnavailable."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            temporary.replace(path)
        finally:
            # Renaming a hard link onto another name of the same file leaves both; the spare one goes.
            temporary.unlink(missing_ok=True)
        sync_folder(path.parent)
    except OSError as error:
        raise refused(f"cannot publish {path}", error) from error


def _read(path: Path) -> Iterator[bytes]:
    with reporting(path), path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block


def _told(name: str, told: os.stat_result) -> PublicFile:
    return PublicFile(name, told.st_size, told.st_mtime)
