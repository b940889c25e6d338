"""Brings along what of an old data folder belongs to no storage, also where the storage needs no copying: pictures that
were taken over, development credentials, and what unseals the secrets in the rows.

Nothing that opens anything is replaced or left out: keys are put together. Tells what it did; copies no stored bytes.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from briefing.secrets import sealing
from briefing.secrets.sealed import secrets_kept
from briefing.storage import make_folder, reporting
from worker.installation.copying import copy_unless_equal

if TYPE_CHECKING:
    from pathlib import Path

    from briefing.database import Database
    from worker.workplace import Workplace


def keep(place: Workplace, folder: Path) -> list[str]:
    """Copy what of the old data folder `folder` is in no storage into the new one; return in words what was done.

    Raises StorageUnavailable, Misconfigured where keys cannot be read.
    """
    data = place.data.data
    if data.is_dir() and data.samefile(folder):
        return []
    return [
        *_sealing(folder / "sealing" / "keys"),
        *_signing(folder, data),
        *_files(folder, place.data.imported),
        *_files(folder, place.data.named),
    ]


def unopened(database: Database) -> list[str]:
    """Return in words what secrets in the rows no key at hand opens. Raises DatabaseUnavailable, Misconfigured."""
    known = sealing.ring()
    with database.reading() as session:
        kept = [(one.whose, one.key) for one in secrets_kept(session)]
    return [
        f"the secret of {whose} was sealed by the key {key}, which is not in {known.where}"
        for whose, key in kept
        if key is not None and key not in known.ids
    ]


def _sealing(keys: Path) -> list[str]:
    """Put the old keys after those that are there: a trial may have made some, and all of them open."""
    found = sealing.read_file(keys)
    if found is None:
        return []
    added = sealing.add_known(found.keys)
    there = len(found.keys) - added
    said = f"{there} there already" if there else f"they are in {sealing.key_file()}"
    return [f"sealing: {added} of the old installation's keys added, {said}"]


def _signing(folder: Path, data: Path) -> list[str]:
    """Copy the development credentials, unless there are some: a host that has its own keeps them."""
    source, target = folder / "signing", data / "signing"
    if not source.is_dir():
        return []
    if target.exists():
        return [f"signing: {target} was there, and stays as it was"]
    make_folder(target.parent)
    with reporting(target):
        half = target.with_name(f".{target.name}.half")
        shutil.rmtree(half, ignore_errors=True)
        shutil.copytree(source, half)
        half.rename(target)
    return ["signing: copied"]


def _files(folder: Path, theirs: Path) -> list[str]:
    """Copy what was taken over, or a backup brought along, in place of what a trial may have: the rows mean the old
    installation's.
    """
    source = folder / theirs.name
    files = sorted(path for path in source.rglob("*") if path.is_file())
    copied = sum(copy_unless_equal(path, theirs / path.relative_to(source)) for path in files)
    return [f"{theirs.name}: {copied} files copied"] if copied else []
