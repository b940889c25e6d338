"""Where bytes are kept: takes and masters by their content's hash, and the files that readers fetch by name.

Each of the two is an interface with two variants: a folder, and a bucket of an object storage that hosts share.
`opening` chooses by the settings. Does not know what the bytes are, nor who still needs them.
"""

from briefing.storage.atomic import (
    has_room,
    make_folder,
    refused,
    reporting,
    sync_file,
    sync_folder,
    write_atomically,
)
from briefing.storage.folder import TEMPORARY_NAME, FolderStorage
from briefing.storage.interfaces import BlobStorage, PublicFile, PublicStorage, Serving, StoredBlob
from briefing.storage.opening import Storages, open_storages
from briefing.storage.public_folder import PublicFolder

__all__ = [
    "TEMPORARY_NAME",
    "BlobStorage",
    "FolderStorage",
    "PublicFile",
    "PublicFolder",
    "PublicStorage",
    "Serving",
    "Storages",
    "StoredBlob",
    "has_room",
    "make_folder",
    "open_storages",
    "refused",
    "reporting",
    "sync_file",
    "sync_folder",
    "write_atomically",
]
