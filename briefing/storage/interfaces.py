"""What a storage can do, whatever it is made of: blobs by their hash for ourselves, files by name for readers.

Only the interfaces and their values; see `folder` and `public_folder`, `bucket_blobs` and `public_bucket`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Hashable, Iterator
    from pathlib import Path

_SHA256 = re.compile(r"[0-9a-f]{64}")

#: Seconds since they were stored last in which nobody removes bytes that nothing names: a file may be stored before the
#: row that names it is written.
YOUNG_S = 86_400.0

#: A public file's name: parts that no file system and no address reads as anything else.
_PART = r"(?!\.+(?:/|$))[A-Za-z0-9._-]{1,160}"
_NAME = re.compile(rf"{_PART}(?:/{_PART}){{0,7}}")


@dataclass(frozen=True)
class StoredBlob:
    """What a storage tells of some bytes without reading them."""

    sha256: str
    bytes: int
    modified: float
    """When they were stored last, in seconds since the epoch by the storage's clock."""


@dataclass(frozen=True)
class PublicFile:
    """What a storage tells of a public file without reading it."""

    name: str
    """Its address without the leading slash, such as `shows/daily/feed.xml`."""
    bytes: int
    modified: float
    """Seconds since the epoch, by the storage's clock."""


@dataclass(frozen=True)
class Serving:
    """With which headers a public file is served. A bucket keeps them with the object; for a folder they are the
    server's business.
    """

    media_type: str
    cache: str
    """Cache-Control."""


class BlobStorage(Protocol):
    """Bytes by their sha256."""

    def put(self, path: Path) -> str:
        """Move the finished file at `path` into storage and return its sha256; an equal one may be there already.

        Raises StorageUnavailable.
        """
        ...

    def path(self, sha256: str) -> Path | None:
        """Return where the bytes lie on this machine, or None when they are not there. A bucket's are fetched first,
        and checked while they come.

        Raises StorageUnavailable when a bucket does not answer.
        """
        ...

    def intact(self, sha256: str, *, afresh: bool = False) -> bool:
        """Tell whether the bytes are there and still match their hash: those that `path` gives, and with `afresh` those
        that are stored, whatever copy is at hand.

        Raises StorageUnavailable when a bucket does not answer.
        """
        ...

    def has(self, sha256: str) -> bool:
        """Tell whether anything is stored under that name, whole or not.

        Raises StorageUnavailable when a bucket does not answer.
        """
        ...

    def remove(self, sha256: str) -> None:
        """Delete the bytes; no error when they are not there. Raises StorageUnavailable."""
        ...

    def remove_older(self, sha256: str, than: float) -> bool:
        """Delete the bytes if they were stored last before `than`, in seconds since the epoch, even where somebody
        stores them again meanwhile; tell whether they are gone by this. Raises StorageUnavailable.
        """
        ...

    def stored(self) -> Iterator[StoredBlob]:
        """Yield what is stored, in no order; what comes or goes meanwhile may or may not be among it.

        Raises StorageUnavailable when a bucket does not answer.
        """
        ...

    def temporary(self, suffix: str) -> Path:
        """Return a fresh path for a file in the making, on the disk from which `put` moves it."""
        ...

    def check(self) -> None:
        """Ask whether it is there and could take a file. Raises StorageUnavailable."""
        ...


class PublicStorage(Protocol):
    """The files that readers fetch, by name. Readers see each of them whole: the old one or the new one.

    Names are relative addresses; anything else raises ValueError. All but `path` raise StorageUnavailable when a bucket
    does not answer or a disk takes nothing.
    """

    @property
    def links(self) -> bool:
        """Whether an alias is a link: it costs nothing, and file servers follow it wherever it comes to lead."""
        ...

    def write(self, name: str, content: bytes, serving: Serving, twin: str = "") -> None:
        """Write or replace a small file. `twin` names one of the same content that is there already: a folder gives
        that a second name.
        """
        ...

    def publish(self, name: str, sha256: str, serving: Serving) -> None:
        """Make stored bytes public under a name, without moving them through this machine where that can be.

        What is there already is put there anew. Raises StorageUnavailable also where the bytes are not stored.
        """
        ...

    def point(self, alias: str, name: str, sha256: str, serving: Serving) -> None:
        """Make `alias` lead to the file `name`, under which the bytes `sha256` were published."""
        ...

    def stage(self, sha256: str, serving: Serving, target: str = "") -> None:
        """Have stored bytes at hand in the storage with the headers that `publish` will give them, or `point` with the
        name `target`, so that these move nothing through this machine. A folder needs nothing. No reader sees it.

        Raises StorageUnavailable also where the bytes are not stored.
        """
        ...

    def unstage(self, sha256: str) -> None:
        """Remove what this process has staged of some bytes."""
        ...

    def staged(self) -> Iterator[PublicFile]:
        """Yield what is staged, by whichever host: those whose process died leave it. `remove_staged` removes it."""
        ...

    def remove_staged(self, name: str) -> None:
        """Delete what `staged` yielded; no error when it is not there."""
        ...

    def target(self, alias: str) -> str | None:
        """Return the name that an alias leads to, None where there is no such alias."""
        ...

    def read(self, name: str) -> tuple[bytes, PublicFile] | None:
        """Return a small file and what is told of it, None where there is none."""
        ...

    def blocks(self, name: str) -> Iterator[bytes] | None:
        """Return the bytes of a file of any size, a block at a time; None where there is none, and for an alias that is
        a link.
        """
        ...

    def mark(self, name: str) -> Hashable | None:
        """Return what is another whenever the file has been replaced; None where there is none, or where finding out
        would mean to wait for an answer over a network.
        """
        ...

    def look(self, name: str) -> PublicFile | None:
        """Return what is told of a file, None where there is none. An alias is one as well, while what it leads to is
        there.
        """
        ...

    def path(self, name: str) -> Path | None:
        """Return where a file lies on this machine; None for an alias, and for all of a bucket."""
        ...

    def signed(self, name: str, method: str, seconds: int) -> str | None:
        """Return an address at which whoever has it may `method` (GET or HEAD) a file for so long; None where there is
        no such thing, as for a folder.
        """
        ...

    def stream(self, name: str, start: int, end: int) -> AsyncIterator[bytes]:
        """Yield the bytes from `start` up to `end` in blocks of bounded size, without blocking the event loop."""
        ...

    def files(self, prefix: str = "") -> Iterator[PublicFile]:
        """Yield the files below a folder of names, in no order; aliases are among them."""
        ...

    def remove(self, name: str) -> None:
        """Delete a file or an alias; no error when it is not there."""
        ...


def checked_sha256(sha256: str) -> str:
    """Return `sha256` if it is one. Raises ValueError, so that no other name ever becomes a path."""
    if not _SHA256.fullmatch(sha256):
        message = f"{sha256!r} is not a sha256"
        raise ValueError(message)
    return sha256


def is_sha256(name: str) -> bool:
    """Tell whether a name is a sha256 in hex."""
    return _SHA256.fullmatch(name) is not None


def checked_name(name: str) -> str:
    """Return `name` if a public file may be called so. Raises ValueError, so that none climbs out of its root."""
    if not _NAME.fullmatch(name):
        message = f"{name!r} is not a public file's name"
        raise ValueError(message)
    return name
