"""The copies of the database in a backup's folder: what each names, and what may go. Copies nothing.

Copies go beyond those that are to be kept, but never the newest whole one; so does what backups that were killed left.
Stored bytes go only where that is asked for: copies of the database that lie elsewhere may name them.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from briefing.errors import BadInput
from briefing.storage import reporting

if TYPE_CHECKING:
    from collections.abc import Iterator

#: How copies of the database are called: they sort in the order in which they were made.
_STAMP = "%Y-%m-%dT%H-%M-%SZ"

#: What a backup that was killed leaves goes after this time, in seconds, and so do bytes: one that is still being made,
#: and what it has put there, is not that old.
_OLD_S = 86_400

#: What we call our files there; those with a dot before are still being written.
_COPY = re.compile(r"(?P<making>\.?)(?P<stamp>[0-9-]{10}T[0-9-]{8}Z)\.(sqlite|pgdump|json|names)([.-].+)?")

#: A file beside them that is still being written: bytes, artwork, what shows name.
_HALF = re.compile(r"\..+\.[0-9a-f]{8}")

_SHA256 = re.compile(r"[0-9a-f]{64}")

#: Bytes of each name that a copy has.
_NAME_BYTES = 32


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep other backups out of the folder: of two in one second one's failure would take the other's copy away.
    Raises BadInput where one is being made; the lock goes with its process.
    """
    with reporting(folder):
        held = (folder / ".making").open("a")
    with held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            hint = "Wait for it; where this happens at each run, two timers start one at the same time."
            raise BadInput(f"another backup is being made in {folder}", code="backup_running", hint=hint) from error
        except OSError:
            # A file system that knows no locks: two at once have to be kept apart by whoever starts them.
            pass
        yield


def next_stamp(folder: Path, now: datetime) -> str:
    """Return how the next copy of the database is called: by the time, or, where a clock was ahead before or a second
    is not over, after the last that is there. The last by name is what restoring takes, and what is kept.
    """
    moments = [now.astimezone(UTC)]
    for manifest in (folder / "database").glob("*.json"):
        with suppress(ValueError):  # not a name of ours
            moments.append(datetime.strptime(manifest.stem, _STAMP).replace(tzinfo=UTC) + timedelta(seconds=1))
    return max(moments).strftime(_STAMP)


def names_beside(database: Path) -> Path:
    """Return the file that has the sha256 of all that a copy of the database names, 32 bytes each."""
    return database.with_suffix(".names")


def read_names(database: Path) -> set[str] | None:
    """Return the stored bytes that a copy of the database names; None of one that an earlier release made."""
    path = names_beside(database)
    if not path.exists():
        return None
    names = path.read_bytes()
    return {names[start : start + _NAME_BYTES].hex() for start in range(0, len(names), _NAME_BYTES)}


def has_something(folder: Path) -> bool:
    """Whether the newest copy of the database names stored bytes, or may do so."""
    newest = max((folder / "database").glob("*.json"), default=None)
    return newest is not None and read_names(newest) != set()


def thin(folder: Path, keep: int) -> None:
    """Remove all but the newest copies of the database, and but the newest that is whole. Raises StorageUnavailable."""
    copies = folder / "database"
    newest_first = sorted(copies.glob("*.json"), reverse=True)
    whole = next((manifest for manifest in newest_first if _is_whole(manifest)), None)
    for manifest in newest_first[keep:]:
        if manifest != whole:
            with reporting(manifest):
                for path in copies.glob(f"{manifest.stem}.*"):
                    path.unlink(missing_ok=True)


def clear(folder: Path, now: datetime) -> None:
    """Remove what backups that were killed have left: copies of the database without a manifest, and half files. Raises
    StorageUnavailable.
    """
    for path in (*_unfinished(folder), *_half_made(folder)):
        if _is_old(path, now):
            _remove(path)


def let_go(folder: Path, needed: set[str], now: datetime) -> int:
    """Remove stored bytes that neither a copy of the database names nor is `needed`, by sha256; return how many: 0
    where it cannot be told what a copy names, or another backup may be under way. Raises StorageUnavailable.
    """
    named = _named(folder)
    if named is None:
        return 0
    named |= needed
    gone = 0
    for path in (folder / "blobs").glob("??/*"):
        if _SHA256.fullmatch(path.name) and path.name not in named and _is_old(path, now):
            _remove(path)
            gone += 1
    return gone


def _named(folder: Path) -> set[str] | None:
    """Return the stored bytes that the copies of the database name; None where there are none, or one does not say, or
    is not finished.
    """
    manifests = list((folder / "database").glob("*.json"))
    if not manifests or any(_unfinished(folder)):
        return None
    named: set[str] = set()
    for manifest in manifests:
        try:
            told = json.loads(manifest.read_bytes())
            names = read_names(manifest.with_name(told["database"]))
            counted = told["blobs"] + len(told["missing"])
        except (OSError, ValueError, LookupError, TypeError):
            return None
        # Of a backup beside a bucket, or with damaged names, it is another number.
        if names is None or len(names) != counted:
            return None
        named |= names
    return named


def _is_whole(manifest: Path) -> bool:
    """Tell whether a backup has all the bytes that it names."""
    try:
        return not json.loads(manifest.read_bytes())["missing"]
    except (OSError, ValueError, KeyError):
        return False


def _unfinished(folder: Path) -> Iterator[Path]:
    for path in (folder / "database").glob("*Z.*"):
        found = _COPY.fullmatch(path.name)
        if found is not None and (found["making"] or not path.with_name(f"{found['stamp']}.json").exists()):
            yield path


def _half_made(folder: Path) -> Iterator[Path]:
    for within, folders, names in os.walk(folder):
        if Path(within) == folder:
            # What is called otherwise than ours lies there at most, and copies are looked at more closely.
            folders[:] = [name for name in folders if name != "database"]
            continue
        yield from (Path(within) / name for name in names if name.startswith(".") and _HALF.fullmatch(name))


def _is_old(path: Path, now: datetime) -> bool:
    try:
        return now.timestamp() - path.stat().st_mtime > _OLD_S
    except FileNotFoundError:
        return False  # another process was faster


def _remove(path: Path) -> None:
    with reporting(path), suppress(FileNotFoundError):
        path.unlink()
