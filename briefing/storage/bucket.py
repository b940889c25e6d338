"""A bucket of an object storage, or a prefix of one: S3 and what speaks like it, Google's, Azure's, by obstore.

Objects appear as a whole or not at all. Bounds the time of every call, tries again what may pass, and says what went
wrong in errors of ours, without addresses that hold secrets. Knows nothing of what is stored.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import obstore
from obstore import exceptions
from obstore.store import from_url

from briefing.errors import Misconfigured, StorageFull, StorageUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from obstore import Attributes, ObjectMeta
    from obstore.store import ObjectStore

    from briefing.settings import StorageSettings

#: Bytes of one request, and so of what is held in memory for whoever reads or writes a large object. Each request is
#: short whatever the object's size, so that a time-out can be.
BLOCK = 8 << 20

#: Bytes of one block for a reader who may be slow: memory per reader.
_STREAMED = 1 << 20

#: Seconds for a connection.
_CONNECT_S = 3

#: Seconds for one request, which moves at most `BLOCK` bytes; tries after the first; seconds after which there is none.
#: Readers wait for less than writers: whoever waits for them is a person.
_READING = (12, 2, 10)
_WRITING = (30, 3, 20)

#: What object storages answer when a quota or a disk is full.
_FULL = re.compile(r"QuotaExceeded|StorageFull|InsufficientStorage|InsufficientCapacity|TotalRequestLimit|\b507\b")

#: What of an answer's error goes into a message: its status and code. The rest holds addresses and headers.
_STATUS = re.compile(r"status(?: code)?:? (\d{3})", re.IGNORECASE)
_NO_ANSWER = re.compile(r"kind: (Connect|Timeout)\b")
_CODE = re.compile(r"<Code>(\w{1,64})</Code>")


class NoConditionalPut(Exception):
    """Raised when a storage cannot be asked to write only what is not there."""


class Bucket:
    """The objects below one address such as `s3://bucket/prefix`. Usable from several threads; opened again after a
    fork.
    """

    def __init__(self, address: str, settings: StorageSettings) -> None:
        parts = urlsplit(address)
        if not parts.hostname or parts.username or parts.query or parts.fragment:
            message = "an address of a bucket is like s3://bucket/prefix, with nothing else in it"
            raise Misconfigured(message, hint="Keys go into BRIEFCAST_STORAGE_KEY and _SECRET.")
        self.root = f"{parts.scheme}://{parts.netloc}"
        """The bucket itself."""
        self._prefix = parts.path.strip("/")
        self._settings = settings
        self._stores: tuple[ObjectStore, ObjectStore] | None = None
        self._pid = 0

    def key(self, name: str) -> str:
        """Return an object's name in the whole bucket."""
        return f"{self._prefix}/{name}" if self._prefix else name

    @property
    def _reader(self) -> ObjectStore:
        return self._opened()[0]

    @property
    def _writer(self) -> ObjectStore:
        return self._opened()[1]

    def _opened(self) -> tuple[ObjectStore, ObjectStore]:
        """Return the connections of this process. Raises Misconfigured."""
        if self._stores is None or self._pid != os.getpid():
            self._stores = _open(self.root, self._settings, *_READING), _open(self.root, self._settings, *_WRITING)
            self._pid = os.getpid()
        return self._stores

    def look(self, name: str) -> ObjectMeta | None:
        """Return what is told of an object, None where there is none."""
        with self._reporting("look into"):
            try:
                return obstore.head(self._reader, self.key(name))
            except FileNotFoundError:
                return None

    def attributes(self, name: str) -> tuple[Attributes, ObjectMeta] | None:
        """Return an object's headers and metadata, and what is told of it; None where there is none."""
        with self._reporting("look into"):
            try:
                found = obstore.get(self._reader, self.key(name), options={"head": True})
            except FileNotFoundError:
                return None
            return found.attributes, found.meta

    def read(self, name: str, most: int) -> tuple[bytes, ObjectMeta] | None:
        """Return a small object, None where there is none. Raises StorageUnavailable for more than `most` bytes."""
        with self._reporting("read from"):
            try:
                found = obstore.get(self._reader, self.key(name))
            except FileNotFoundError:
                return None
            if found.meta["size"] > most:
                message = f"{name} in the bucket has {found.meta['size']:,} bytes"
                raise StorageUnavailable(message)
            return bytes(found.bytes()), found.meta

    def blocks(self, name: str, size: int) -> Iterator[bytes]:
        """Yield the bytes of an object of `size`, a request for each block."""
        if size <= BLOCK:
            with self._reporting("read from"):
                yield bytes(obstore.get(self._reader, self.key(name)).bytes())
            return
        for start in range(0, size, BLOCK):
            with self._reporting("read from"):
                yield bytes(obstore.get_range(self._reader, self.key(name), start=start, end=min(size, start + BLOCK)))

    def signed(self, name: str, method: str, seconds: int) -> str | None:
        """Return an address of an object that holds for one method and so long, None where the storage signs none.
        Nothing is asked of the storage.
        """
        store: Any = self._reader
        try:
            lasts = timedelta(seconds=seconds)
            address: str = obstore.sign(store, "HEAD" if method == "HEAD" else "GET", self.key(name), lasts)
        except (exceptions.BaseError, TypeError, ValueError):
            return None
        return address

    async def stream(self, name: str, start: int, end: int) -> AsyncIterator[bytes]:
        """Yield bytes of an object without blocking the event loop."""
        while start < end:
            until = min(end, start + _STREAMED)
            with self._reporting("read from"):
                yield bytes(await obstore.get_range_async(self._reader, self.key(name), start=start, end=until))
            start = until

    def write(self, name: str, content: bytes | Path, attributes: Attributes) -> None:
        """Write or replace an object."""
        with self._reporting("write to"):
            obstore.put(
                self._writer, self.key(name), content, attributes=attributes, chunk_size=BLOCK, max_concurrency=2
            )

    def create(self, name: str, content: Path, attributes: Attributes) -> bool:
        """Write an object that is not there, from a file of at most `BLOCK` bytes, which is held in memory; return
        False where there is one. Raises NoConditionalPut.
        """
        with self._reporting("write to"):
            try:
                obstore.put(self._writer, self.key(name), content, attributes=attributes, mode="create")
            except exceptions.AlreadyExistsError:
                return False
            except exceptions.NotSupportedError as error:
                raise NoConditionalPut from error
            except exceptions.GenericError as error:
                if re.search(r"\b501\b|NotImplemented", str(error)):
                    raise NoConditionalPut from error
                raise
            return True

    def copy(self, source_key: str, name: str) -> bool:
        """Copy an object of the same bucket, named by its whole key, without moving it through this machine; return
        False where the storage cannot, or there is nothing to copy.
        """
        with self._reporting("copy in"):
            try:
                obstore.copy(self._writer, source_key, self.key(name))
            except (exceptions.NotSupportedError, FileNotFoundError):
                return False
            except exceptions.GenericError as error:
                if re.search(r"\b501\b|NotImplemented", str(error)):
                    return False
                raise
            return True

    def remove(self, name: str) -> None:
        """Delete an object; no error where there is none."""
        with self._reporting("delete from"):
            try:
                obstore.delete(self._writer, self.key(name))
            except FileNotFoundError:
                return

    def listed(self, folder: str) -> Iterator[tuple[str, ObjectMeta]]:
        """Yield the names and what is told of all objects below a folder of names, a page at a time."""
        below = self.key("")
        with self._reporting("list"):
            for page in obstore.list(self._reader, self.key(folder).rstrip("/") or None):
                for found in page:
                    yield found["path"].removeprefix(below), found

    @contextmanager
    def _reporting(self, doing: str) -> Iterator[None]:
        try:
            yield
        except exceptions.BaseError as error:
            raise self._error(doing, error) from None
        except FileNotFoundError:
            message = f"cannot {doing} the bucket {self.root}: there is no such object or bucket"
            raise StorageUnavailable(message) from None

    def _error(self, doing: str, error: Exception) -> StorageUnavailable:
        said = str(error)
        status = match.group(1) if (match := _STATUS.search(said)) else ""
        code = match.group(1) if (match := _CODE.search(said)) else ""
        reason = " ".join(filter(None, (status, code))) or type(error).__name__.removesuffix("Error")
        if _NO_ANSWER.search(said):
            reason = "it does not answer"
        message = f"cannot {doing} the bucket {self.root}: {reason}"
        if _FULL.search(f"{status} {code}"):
            return StorageFull(message)
        if isinstance(error, exceptions.PermissionDeniedError | exceptions.UnauthenticatedError):
            return StorageUnavailable(message, hint="Check the bucket's policy and the keys that the settings name.")
        return StorageUnavailable(message)


def _open(root: str, settings: StorageSettings, request_s: int, tries: int, trying_s: int) -> ObjectStore:
    config: dict[str, Any] = {}
    if root.startswith("s3:"):
        named = {
            "endpoint": settings.storage_endpoint,
            "region": settings.storage_region,
            "access_key_id": settings.storage_key,
            "secret_access_key": settings.storage_secret,
        }
        config = {name: value for name, value in named.items() if value}
        # The server checks what arrives, whatever the connection did to it.
        config |= {"checksum_algorithm": "SHA256", "virtual_hosted_style_request": not settings.storage_path_style}
    client: dict[str, Any] = {
        "timeout": timedelta(seconds=request_s),
        "connect_timeout": timedelta(seconds=_CONNECT_S),
    }
    if settings.storage_endpoint.startswith("http:"):
        client["allow_http"] = True
    retries: Any = {
        "max_retries": tries,
        "retry_timeout": timedelta(seconds=trying_s),
        "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=3), "base": 2},
    }
    # Its overloads know every option of every cloud by name.
    opened: Any = from_url
    try:
        store: ObjectStore = opened(root, config=config, client_options=client, retry_config=retries)
    except (exceptions.BaseError, ValueError) as error:
        # The first line says what is missing; the rest is its insides.
        message = f"the bucket {root} cannot be opened: {str(error).splitlines()[0][:200]}"
        raise Misconfigured(message, hint="See docs/many-hosts.md for the variables of each cloud.") from None
    return store
