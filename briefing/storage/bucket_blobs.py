"""Blobs in a bucket that several hosts share, with copies of what this host made or fetched in its data folder.

The bucket is the truth; a copy is checked when it is fetched, and again by `intact`. Objects are named by their
content, so that writing one twice does no harm.
"""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

from briefing.errors import StorageUnavailable
from briefing.hashing import file_sha256
from briefing.observing.logs import get_logger
from briefing.storage.atomic import reporting
from briefing.storage.bucket import BLOCK, Bucket, NoConditionalPut
from briefing.storage.copies import Copies
from briefing.storage.folder import temporary_in
from briefing.storage.interfaces import YOUNG_S, StoredBlob, checked_sha256, is_sha256

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from obstore import Attributes

    from briefing.settings import StorageSettings

#: Ending of the file in the making -> the headers that its public copy will have, since a copy inside the bucket takes
#: them along.
_ATTRIBUTES: dict[str, Attributes] = {
    ".mp3": {"Content-Type": "audio/mpeg", "Cache-Control": "public, max-age=3600"},
    ".jpg": {"Content-Type": "image/jpeg", "Cache-Control": "public, max-age=3600"},
    ".png": {"Content-Type": "image/png", "Cache-Control": "public, max-age=3600"},
    ".flac": {"Content-Type": "audio/flac"},
    ".json": {"Content-Type": "application/json"},
}
_OTHER: Attributes = {"Content-Type": "application/octet-stream"}

_log = get_logger("storage")


class BucketStorage:
    """`BlobStorage` in a bucket, as `blobs/ab/<sha256>`."""

    def __init__(self, address: str, settings: StorageSettings, data: Path) -> None:
        self.bucket = Bucket(address, settings)
        self._temporary = data / "tmp"
        self._copies = Copies(data / "cache", settings.storage_cache_mb * 1_000_000)
        self._conditional = True

    def path(self, sha256: str) -> Path | None:
        """See `BlobStorage`. None also for bytes in the bucket that do not match their hash."""
        return self._copies.find(sha256) or self._fetched(sha256)

    def put(self, path: Path) -> str:
        """See `BlobStorage`. Afterwards a copy is at hand."""
        with reporting(path):
            sha256, size = file_sha256(path), path.stat().st_size
        attributes = _ATTRIBUTES.get(path.suffix, _OTHER)
        created = self._created(sha256, path, size, attributes)
        if not created and not (self._is_young(sha256) and self._holds(sha256, size)):
            # What is there under this name is damaged, and we have what belongs there; or it is so old that whoever
            # collects what nothing names may remove it before the row is written that names it now.
            self.bucket.write(_name(sha256), path, attributes)
        told = self.bucket.look(_name(sha256))
        if told is None or told["size"] != size:
            message = "the bucket does not hold what was just written to it"
            raise StorageUnavailable(message)
        self._copies.adopt(path, sha256)
        return sha256

    def intact(self, sha256: str, *, afresh: bool = False) -> bool:
        """See `BlobStorage`."""
        told = self.bucket.look(_name(sha256))
        if told is None:
            # Removed, by whichever host: a copy of it is not to be used either.
            self._copies.drop(sha256)
            return False
        if afresh:
            return self._holds(sha256, told["size"])
        copy = self._copies.find(sha256)
        try:
            if copy is not None and file_sha256(copy) == sha256:
                return True
        except OSError:
            pass  # a bad sector, or gone meanwhile: fetched anew
        self._copies.drop(sha256)
        return self._fetched(sha256) is not None

    def has(self, sha256: str) -> bool:
        """See `BlobStorage`."""
        return self.bucket.look(_name(sha256)) is not None

    def remove(self, sha256: str) -> None:
        """See `BlobStorage`. Copies on other hosts go when they are next looked at, or when they have not been used."""
        self.bucket.remove(_name(sha256))
        self._copies.drop(sha256)

    def remove_older(self, sha256: str, than: float) -> bool:
        """See `BlobStorage`. No bucket deletes by age in one request: what is stored again in the very moment between
        the two is lost, found missing when it is next used, and made again.
        """
        told = self.bucket.look(_name(sha256))
        if told is None or told["last_modified"].timestamp() >= than:
            return False
        self.remove(sha256)
        return True

    def stored(self) -> Iterator[StoredBlob]:
        """See `BlobStorage`."""
        for name, told in self.bucket.listed("blobs"):
            sha256 = name.rpartition("/")[2]
            if is_sha256(sha256):
                yield StoredBlob(sha256, told["size"], told["last_modified"].timestamp())

    def temporary(self, suffix: str) -> Path:
        """See `BlobStorage`. Raises StorageUnavailable."""
        return temporary_in(self._temporary, suffix)

    def check(self) -> None:
        """See `BlobStorage`."""
        self.bucket.write("check", b"ok", _OTHER)

    def name(self, sha256: str) -> str:
        """Return the blob's name below our prefix."""
        return _name(sha256)

    def key(self, sha256: str) -> str:
        """Return the blob's name in the whole bucket, for a copy inside it."""
        return self.bucket.key(_name(sha256))

    def _created(self, sha256: str, path: Path, size: int, attributes: Attributes) -> bool:
        """Write the object unless one of that name is there; tell whether it was written."""
        if self._conditional and size <= BLOCK:
            try:
                return self.bucket.create(_name(sha256), path, attributes)
            except NoConditionalPut:
                self._conditional = False
                _log.info("the bucket knows no conditional writes; it is asked before each")
        # Two hosts may both find nothing and write the same bytes, which does no harm. A large object is written in
        # parts, which is not to be had together with a condition everywhere.
        if self.bucket.look(_name(sha256)) is not None:
            return False
        self.bucket.write(_name(sha256), path, attributes)
        return True

    def _is_young(self, sha256: str) -> bool:
        """Tell whether nobody may remove the object for a good while."""
        told = self.bucket.look(_name(sha256))
        return told is not None and time.time() - told["last_modified"].timestamp() < YOUNG_S / 2

    def _holds(self, sha256: str, size: int) -> bool:
        """Tell whether the bucket's bytes, of which there should be `size`, match their hash."""
        told = self.bucket.look(_name(sha256))
        if told is None or told["size"] != size:
            return False
        digest = hashlib.sha256()
        for block in self.bucket.blocks(_name(sha256), size):
            digest.update(block)
        return digest.hexdigest() == sha256

    def _fetched(self, sha256: str) -> Path | None:
        """Fetch the bytes and return where their copy lies, None where they are missing or do not match their hash."""
        told = self.bucket.look(_name(sha256))
        if told is None:
            return None
        temporary, digest = self.temporary(".copy"), hashlib.sha256()
        try:
            with reporting(temporary), temporary.open("xb") as file:
                for block in self.bucket.blocks(_name(sha256), told["size"]):
                    digest.update(block)
                    file.write(block)
            if digest.hexdigest() != sha256:
                _log.error("a file in the bucket does not match its hash", sha256=sha256)
                return None
            return self._copies.adopt(temporary, sha256)
        finally:
            temporary.unlink(missing_ok=True)


def _name(sha256: str) -> str:
    return f"blobs/{checked_sha256(sha256)[:2]}/{sha256}"
