"""Copies the stored bytes and the public files of an installation in folders into the storage that the settings name.

Each blob is checked against its name on the way; what is there already is left alone, so an interrupted run goes on
where it was, and where the storage is the very folder nothing is done. A bucket keeps headers with each object, which
no tool that copies folders knows. Knows rows only as far as they name bytes, and nothing of what is in no
storage (`relocate_kept`).
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from briefing.hashing import file_sha256
from briefing.models import JingleRow, MasterRow, TakeRow
from briefing.public_names import ALIAS, MOVED, audio_sha256, for_members, serving_of
from briefing.storage import FolderStorage, PublicFolder, reporting

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from sqlalchemy import Connection

    from briefing.storage import BlobStorage, PublicStorage
    from worker.public.public_files import PublicFiles
    from worker.workplace import Workplace

#: Columns that name stored bytes, and what the files are called while they are made: a bucket's headers go by it.
_NAMED = {
    TakeRow.sha256: ".flac",
    JingleRow.sha256: ".flac",
    JingleRow.upload: ".upload",
    MasterRow.transcript: ".json",
    MasterRow.sha256: ".mp3",
}


@dataclass(frozen=True)
class Moved:
    """What there was, and what of it was copied by this run."""

    blobs: int
    public: int
    """Public files, members' among them."""
    copied: int
    """Of both, those that were not there yet."""
    missing: list[str]
    """sha256 of bytes that rows name and the old folder lacks, or has damaged: they were not copied."""


def copy_files(place: Workplace, folder: Path, rows: Connection) -> Moved:
    """Copy the stored bytes and public files of the old data folder `folder`, whose `rows` are read.

    Raises StorageUnavailable.
    """
    old = FolderStorage(folder)
    named = {sha256: suffix for column, suffix in _NAMED.items() for sha256 in rows.scalars(select(column)) if sha256}
    pictures = select(MasterRow.picture, MasterRow.picture_ending).where(MasterRow.picture.is_not(None))
    named |= {sha256: f".{ending}" for sha256, ending in rows.execute(pictures) if sha256}
    there = {blob.sha256: blob.bytes for blob in place.storage.stored()}
    blobs, copied, missing = 0, 0, {sha256 for sha256 in named if not old.has(sha256)}
    for blob in old.stored():
        blobs += 1
        if there.get(blob.sha256) == blob.bytes:
            continue
        if _copied(old, place.storage, blob.sha256, named.get(blob.sha256, ".bin")):
            copied += 1
        else:
            missing.add(blob.sha256)
    stored = (there.keys() | named.keys() | {blob.sha256 for blob in old.stored()}) - missing
    public = 0
    for files, root in ((place.files, folder / "public"), (place.files.of_members, folder / "members")):
        found, new, unheard = _public(PublicFolder(root, old), files, stored)
        public, copied = public + found, copied + new
        missing |= unheard
    return Moved(blobs, public, copied, sorted(missing))


def _copied(old: FolderStorage, new: BlobStorage, sha256: str, suffix: str) -> bool:
    """Copy a blob; False where it does not match its name, and so is not copied."""
    path, copy = old.path(sha256), new.temporary(suffix)
    if path is None:
        return False
    with reporting(copy):
        try:
            shutil.copyfile(path, copy)
            if file_sha256(copy) != sha256:
                return False
            new.put(copy)
        finally:
            copy.unlink(missing_ok=True)
        if isinstance(new, FolderStorage) and (stored := new.path(sha256)):
            # As old as it was: retention goes by that.
            modified = path.stat().st_mtime
            os.utime(stored, (modified, modified))
    return True


def _public(old: PublicFolder, files: PublicFiles, stored: AbstractSet[str]) -> tuple[int, int, set[str]]:
    """Copy public files, MP3s first, since aliases lead to them; return how many there are, how many were copied, and
    the MP3s whose bytes are not among the `stored`.
    """
    names = sorted((file.name for file in old.files()), key=lambda name: (audio_sha256(name) is None, name))
    unheard = {sha256 for name in names if (sha256 := audio_sha256(name)) and sha256 not in stored}
    heard = [name for name in names if audio_sha256(old.target(name) or name) not in unheard]
    copied = sum(_published(old, files, name) for name in heard)
    return len(names), copied + _links(old, files.storage), unheard


def _published(old: PublicFolder, files: PublicFiles, name: str) -> bool:
    """Copy a public file; False where it is there already, or a link of those that `_links` sees to."""
    new = files.storage
    serving = serving_of(name, purged=bool(files.purge_command))
    serving = for_members(serving) if files.private else serving
    if target := old.target(name):
        wanted = not name.startswith(MOVED) and new.target(name) != target
        if wanted:
            new.point(name, target, audio_sha256(target) or "", serving)
        return wanted
    if sha256 := audio_sha256(name):
        there, here = new.look(name), old.look(name)
        wanted = there is None or here is None or there.bytes != here.bytes
        if wanted:
            new.publish(name, sha256, serving)
        return wanted
    content, written = old.read(name), new.read(name)
    wanted = content is not None and (written is None or written[0] != content[0])
    if content is not None and wanted:
        new.write(name, content[0], serving)
    return wanted


def _links(old: PublicFolder, new: PublicStorage) -> int:
    """Copy the links that lead on from replaced MP3s, most of them to links: only nginx over a folder goes by them."""
    copied = 0
    for path in (old.root / MOVED).rglob("*.mp3") if new.links else ():
        name = path.relative_to(old.root).as_posix()
        if (target := old.target(name)) and new.target(name) != target:
            new.point(name, target, "", ALIAS)
            copied += 1
    return copied
