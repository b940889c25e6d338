"""The storages that the settings name: folders of this machine, or a bucket that hosts share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from briefing.errors import Misconfigured
from briefing.storage.folder import FolderStorage
from briefing.storage.public_folder import PublicFolder

if TYPE_CHECKING:
    from briefing.settings import StorageSettings
    from briefing.storage.interfaces import BlobStorage, PublicStorage


@dataclass(frozen=True)
class Storages:
    """Both storages of an installation."""

    blobs: BlobStorage
    """Takes, masters, uploads: for ourselves."""
    public: PublicStorage
    """What readers fetch."""
    members: PublicStorage
    """The same of what is for members alone: laid out alike, below no public address."""


def open_storages(settings: StorageSettings, data: Path) -> Storages:
    """Return the storages of an installation whose data folder is `data`. Opens no connection yet.

    Raises Misconfigured.
    """
    private, public = settings.storage_url, settings.public_storage_url
    blobs = _blobs(private, settings, data)
    if _is_folder(public or private):
        own = FolderStorage(_folder(public or private, data)).root
        return Storages(
            blobs, PublicFolder(own if public else own / "public", blobs), _members(private, settings, data, blobs)
        )
    from briefing.storage.public_bucket import PublicBucket  # noqa: PLC0415  loads obstore, which most need not

    # In a bucket that holds both, what is public has a prefix of its own: a policy can name it.
    in_bucket = PublicBucket(public or f"{private.rstrip('/')}/public", settings, blobs)
    return Storages(blobs, in_bucket, _members(private, settings, data, blobs))


def _members(private: str, settings: StorageSettings, data: Path, blobs: BlobStorage) -> PublicStorage:
    """Return where members' files lie: always with the blobs, never where the public files are said to be."""
    if _is_folder(private):
        return PublicFolder(FolderStorage(_folder(private, data)).root / "members", blobs)
    from briefing.storage.public_bucket import PublicBucket  # noqa: PLC0415  as above

    return PublicBucket(f"{private.rstrip('/')}/members", settings, blobs)


def _blobs(address: str, settings: StorageSettings, data: Path) -> BlobStorage:
    if _is_folder(address):
        return FolderStorage(_folder(address, data))
    from briefing.storage.bucket_blobs import BucketStorage  # noqa: PLC0415  as above

    return BucketStorage(f"{address.rstrip('/')}/private", settings, data)


def _is_folder(address: str) -> bool:
    return not address or address.startswith("file:")


def _folder(address: str, data: Path) -> Path:
    if not address:
        return data
    parts = urlsplit(address)
    if parts.netloc or not parts.path.startswith("/"):
        message = "BRIEFCAST_STORAGE_URL names no folder: write it like file:///srv/briefcast"
        raise Misconfigured(message)
    return Path(unquote(parts.path))
