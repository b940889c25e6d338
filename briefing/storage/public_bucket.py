"""Public files in a bucket: objects with the media type and the Cache-Control that readers are to get.

Any public bucket or CDN can serve them. MP3s are copied from the stored blobs inside the bucket where that can be. An
alias is an object of its own, the MP3 once more with a shorter Cache-Control, which says in its metadata what it leads
to: no bucket keeps links, and what readers fetch must play without us. Copies inside a bucket keep the headers of what
is copied, so an alias's are staged beforehand: an object with its headers, uploaded while nobody waits, copied when it
counts.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from briefing.errors import StorageUnavailable
from briefing.storage.bucket import Bucket
from briefing.storage.bucket_blobs import BucketStorage
from briefing.storage.interfaces import PublicFile, checked_name

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Hashable, Iterator
    from pathlib import Path

    from obstore import Attributes, ObjectMeta

    from briefing.settings import StorageSettings
    from briefing.storage.interfaces import BlobStorage, Serving

#: Metadata of an alias. One word: Azure allows no dash, S3 makes it lower case.
_TARGET = "target"

#: Folder of what is staged.
_STAGED = "staged"

#: Bytes of the largest of the small files: a feed of 300 episodes has about 600 kB.
_MOST_SMALL = 20_000_000


class PublicBucket:
    """`PublicStorage` in a bucket."""

    links = False

    def __init__(self, address: str, settings: StorageSettings, blobs: BlobStorage) -> None:
        self.bucket = Bucket(address, settings)
        self._blobs = blobs
        # Beside the blobs where they are in the same bucket, which readers may not look into.
        near = isinstance(blobs, BucketStorage) and blobs.bucket.root == self.bucket.root
        self._stage = blobs.bucket if near and isinstance(blobs, BucketStorage) else self.bucket
        self._staged: dict[tuple[str, Serving, str], str] = {}

    def write(self, name: str, content: bytes, serving: Serving, twin: str = "") -> None:  # noqa: ARG002  has its own headers
        """See `PublicStorage`."""
        self.bucket.write(checked_name(name), content, _attributes(serving))

    def publish(self, name: str, sha256: str, serving: Serving) -> None:
        """See `PublicStorage`."""
        wanted = _attributes(serving)
        if self._copied_from_stage(checked_name(name), (sha256, serving, ""), wanted):
            return
        if not self._copied(name, sha256, wanted):
            self.bucket.write(name, self._stored(sha256), wanted)

    def point(self, alias: str, name: str, sha256: str, serving: Serving) -> None:
        """See `PublicStorage`. What it points at already is left alone, since it is a whole MP3."""
        found, target = self.bucket.attributes(checked_name(alias)), self.bucket.look(checked_name(name))
        if found and target and found[0].get(_TARGET) == name and found[1]["size"] == target["size"]:
            return
        wanted: Attributes = {**_attributes(serving), _TARGET: name}
        if not self._copied_from_stage(alias, (sha256, serving, name), wanted):
            self.bucket.write(alias, self._stored(sha256), wanted)

    def stage(self, sha256: str, serving: Serving, target: str = "") -> None:
        """See `PublicStorage`."""
        wanted = _attributes(serving)
        if target:
            wanted = {**wanted, _TARGET: target}
        elif self._blob_has(sha256, wanted):
            return
        digest = hashlib.sha256(repr(sorted(wanted.items())).encode()).hexdigest()
        name = f"{_STAGED}/{sha256}-{digest[:16]}"
        stored = self._stored(sha256)
        there = self._stage.look(name)
        # One left by a process that died is used; uploads appear whole or not at all.
        if there is None or there["size"] != stored.stat().st_size:
            self._stage.write(name, stored, wanted)
        self._staged[sha256, serving, target] = name

    def unstage(self, sha256: str) -> None:
        """See `PublicStorage`."""
        for key in [key for key in self._staged if key[0] == sha256]:
            self._stage.remove(self._staged.pop(key))

    def staged(self) -> Iterator[PublicFile]:
        """See `PublicStorage`."""
        for name, told in self._stage.listed(_STAGED):
            yield _told(name, told)

    def remove_staged(self, name: str) -> None:
        """See `PublicStorage`."""
        self._stage.remove(checked_name(name))

    def target(self, alias: str) -> str | None:
        """See `PublicStorage`."""
        found = self.bucket.attributes(checked_name(alias))
        return found[0].get(_TARGET) if found else None

    def read(self, name: str) -> tuple[bytes, PublicFile] | None:
        """See `PublicStorage`."""
        found = self.bucket.read(checked_name(name), _MOST_SMALL)
        return (found[0], _told(name, found[1])) if found else None

    def blocks(self, name: str) -> Iterator[bytes] | None:
        """See `PublicStorage`."""
        found = self.bucket.look(checked_name(name))
        return self.bucket.blocks(name, found["size"]) if found else None

    def mark(self, name: str) -> Hashable | None:
        """See `PublicStorage`. A bucket is asked over a network."""
        checked_name(name)
        return None

    def look(self, name: str) -> PublicFile | None:
        """See `PublicStorage`."""
        found = self.bucket.look(checked_name(name))
        return _told(name, found) if found else None

    def path(self, name: str) -> Path | None:
        """See `PublicStorage`."""
        checked_name(name)
        return None

    def signed(self, name: str, method: str, seconds: int) -> str | None:
        """See `PublicStorage`."""
        return self.bucket.signed(checked_name(name), method, seconds)

    def stream(self, name: str, start: int, end: int) -> AsyncIterator[bytes]:
        """See `PublicStorage`."""
        return self.bucket.stream(checked_name(name), start, end)

    def files(self, prefix: str = "") -> Iterator[PublicFile]:
        """See `PublicStorage`."""
        for name, told in self.bucket.listed(checked_name(prefix) if prefix else ""):
            yield _told(name, told)

    def remove(self, name: str) -> None:
        """See `PublicStorage`."""
        self.bucket.remove(checked_name(name))

    def _copied(self, name: str, sha256: str, wanted: Attributes) -> bool:
        """Copy a stored blob inside the bucket; False where it is in another one, or came out otherwise than wanted."""
        blobs = self._blobs
        if not isinstance(blobs, BucketStorage) or blobs.bucket.root != self.bucket.root:
            return False
        # Blobs that came here by another way, as from a folder, may lack the headers.
        return self.bucket.copy(blobs.key(sha256), name) and _has(self.bucket, name, wanted)

    def _copied_from_stage(self, name: str, key: tuple[str, Serving, str], wanted: Attributes) -> bool:
        """Copy what was staged; False where nothing was, or it is gone again, or came out otherwise than wanted."""
        staged = self._staged.get(key)
        if staged is None or not self.bucket.copy(self._stage.key(staged), name):
            return False
        return _has(self.bucket, name, wanted)

    def _blob_has(self, sha256: str, wanted: Attributes) -> bool:
        """Tell whether a copy of the blob itself would have these headers."""
        blobs = self._blobs
        if not isinstance(blobs, BucketStorage) or blobs.bucket.root != self.bucket.root:
            return False
        return _has(blobs.bucket, blobs.name(sha256), wanted)

    def _stored(self, sha256: str) -> Path:
        path = self._blobs.path(sha256)
        if path is None:
            message = f"{sha256} is not stored, or damaged"
            raise StorageUnavailable(message)
        return path


def _has(bucket: Bucket, name: str, wanted: Attributes) -> bool:
    """Tell whether an object is there with these headers and metadata."""
    found = bucket.attributes(name)
    return found is not None and all(found[0].get(header) == value for header, value in wanted.items())


def _attributes(serving: Serving) -> Attributes:
    return {"Content-Type": serving.media_type, "Cache-Control": serving.cache}


def _told(name: str, told: ObjectMeta) -> PublicFile:
    return PublicFile(name, told["size"], told["last_modified"].timestamp())
