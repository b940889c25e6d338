"""Backs an installation up into a folder: the database first, then the bytes that it names.

In that order no copy of the database names bytes that are not beside it: what is named now stays for an hour at least
after its row has gone (see `worker.upkeep.condemned`). Bytes are copied once, checked on the way, and never changed.
What readers fetch is made anew from rows and bytes at restoring; only artwork, which comes from elsewhere, is copied,
as is what shows name by path.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from briefing.database import database_clock
from briefing.errors import BadInput
from briefing.hashing import file_sha256
from briefing.models import HealthRow, JingleRow, MasterRow, ShowRow, SourceRow, TakeRow
from briefing.observing.backups import BACKUP
from briefing.observing.faults import going_on
from briefing.podcasts.named_files import copy_name, named_files, where
from briefing.podcasts.newsroom import PATH_OPTIONS
from briefing.podcasts.show import Show
from briefing.public_names import GONE, audio_sha256
from briefing.secrets import sealing
from briefing.sql.rows import put
from briefing.sql.schema import current
from briefing.storage import FolderStorage, make_folder, refused, reporting, write_atomically
from worker.installation import backup_copies
from worker.installation.backup_copies import names_beside
from worker.installation.copying import copy_unless_equal
from worker.installation.database_copy import copy_database
from worker.installation.emptiness import has_nothing_made

if TYPE_CHECKING:
    from collections.abc import Iterator

    from briefing.database import Database
    from worker.workplace import Workplace

#: Shows' artwork among the public files.
_ARTWORK = re.compile(r"shows/[^/]+/artwork\.(jpg|png)")

#: Columns that name stored bytes.
_NAMING = (
    TakeRow.sha256,
    MasterRow.sha256,
    MasterRow.transcript,
    MasterRow.picture,
    JingleRow.sha256,
    JingleRow.upload,
)

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Backup:
    """What a backup holds, written last: a copy of the database without it is not whole."""

    taken_at: str
    version: str
    schema: str
    public_url: str
    database: str
    """File in the folder `database`."""
    database_sha256: str
    blobs: int
    """Stored bytes that the database names and that are here."""
    copied: int
    """Of them, those that this backup added."""
    missing: list[str]
    """Named, and not to be had or damaged where they came from: run the doctor. Of a bucket nothing is copied and none
    is looked for."""
    let_go: int
    """Stored bytes that were here, and that no copy named any more."""
    public: list[str]
    """The MP3s that readers could fetch, by sha256: restoring makes no others public, such as what was only held."""
    gone: list[str]
    """Names of the public files that had been withdrawn: their addresses go on saying so."""
    gone_members: list[str]
    """The same of members' files."""
    elsewhere: list[str]
    """What is not in the folder and must be kept by other means."""


def back_up(place: Workplace, folder: Path, now: datetime, keep: int, *, let_go: bool = False) -> Backup:
    """Add a backup to `folder` and let go of all but the newest `keep` copies of the database and the newest whole one;
    with `let_go` before that of the stored bytes that none of these names, nor the database now.

    Raises DatabaseUnavailable or StorageUnavailable; then there is no new copy of the database in the folder, and what
    was to make room for it is gone: of the others none. Raises BadInput while another is being made in the folder,
    and where nothing was asked for yet here, and in the newest copy there was.
    """
    make_folder(folder)
    with reporting(folder):
        folder.chmod(0o700)  # it holds hashes of keys, and the signing key
    with backup_copies.alone(folder):
        return _back_up(place, folder, now, keep, let_go=let_go)


def _back_up(place: Workplace, folder: Path, now: datetime, keep: int, *, let_go: bool) -> Backup:
    if has_nothing_made(place.database) and backup_copies.has_something(folder):
        # On the host that is to be restored: what is restored is the newest, and the oldest make room.
        message = f"nothing was made here yet, unlike in the newest backup in {folder}, whose place this would take"
        hint = f"To restore it: `briefcast restore {folder}`. To begin another installation, name another folder."
        raise BadInput(message, code="backup_of_nothing", hint=hint)
    stamp = backup_copies.next_stamp(folder, now)
    backup_copies.clear(folder, now)
    # Also before: a disk that is full of copies would stay so, as none is let go of until another is there.
    backup_copies.thin(folder, keep - 1)
    # Before and after: a row that goes between the two was there before, one that comes is there after.
    named = named_by(place.database)
    went = backup_copies.let_go(folder, _in_hex(named), now) if let_go else 0
    database = copy_database(place.database, folder / "database", stamp)
    manifest = folder / "database" / f"{stamp}.json"
    try:
        named |= named_by(place.database)
        made = _beside(place, folder, now, database, named, went)
        write_atomically(names_beside(database), b"".join(sorted(named)))
        write_atomically(manifest, json.dumps(asdict(made), indent=1).encode())
    except BaseException:
        # While a bucket is away this happens at every run: the disk would be full of copies that nobody restores.
        if not manifest.exists():
            for path in (database, names_beside(database)):
                path.unlink(missing_ok=True)
        raise
    backup_copies.thin(folder, keep)
    if not made.missing:
        # There it is, whether the database can be told of it or not.
        with going_on("noting a backup"), place.database.writing() as session:
            put(session, HealthRow, name=BACKUP, state="ok", detail="", reported_at=database_clock())
    return made


def _beside(place: Workplace, folder: Path, now: datetime, database: Path, named: set[bytes], let_go: int) -> Backup:
    """Put beside a copy of the database what it names; return what there is then."""
    # After the database: what is let go or withdrawn meanwhile is not to come back.
    public = sorted(found for file in place.files.storage.files("audio") if (found := audio_sha256(file.name)))
    gone, gone_members = (
        sorted(file.name.removeprefix(f"{GONE}/") for file in storage.files(GONE))
        for storage in (place.storages.public, place.storages.members)
    )
    blobs, copied, missing = 0, 0, []
    if isinstance(place.storage, FolderStorage):
        for sha256 in sorted(_in_hex(named)):
            outcome = _copy(place.storage.path(sha256), folder / "blobs" / sha256[:2] / sha256, sha256)
            blobs, copied = blobs + (outcome is not None), copied + (outcome is True)
            if outcome is None:
                missing.append(sha256)
    _small_files(place, folder)
    elsewhere = [*_elsewhere(place), *_named_files(place, folder)]
    with reporting(database):
        database_sha256 = file_sha256(database)
    return Backup(
        taken_at=now.astimezone(UTC).isoformat(timespec="seconds"),
        version=version("briefcast"),
        schema=current(place.database) or "",
        public_url=place.public.public_url,
        database=database.name,
        database_sha256=database_sha256,
        blobs=blobs,
        copied=copied,
        missing=missing,
        let_go=let_go,
        public=public,
        gone=gone,
        gone_members=gone_members,
        elsewhere=elsewhere,
    )


def _in_hex(named: set[bytes]) -> set[str]:
    return {digest.hex() for digest in named}


def named_by(database: Database) -> set[bytes]:
    """Return the stored bytes that rows name. Raises DatabaseUnavailable."""
    with database.reading() as session:
        return {
            bytes.fromhex(sha256)
            for column in _NAMING
            for sha256 in session.scalars(select(column).execution_options(yield_per=1000))
            if sha256
        }


def _copy(source: Path | None, target: Path, sha256: str) -> bool | None:
    """Copy stored bytes unless they are there; True when copied, None when they cannot be had whole."""
    if target.exists():
        return False
    if source is None:
        return None
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    with reporting(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            digest = hashlib.sha256()
            with source.open("rb") as reading, temporary.open("xb") as writing:
                while block := reading.read(_BLOCK):
                    digest.update(block)
                    writing.write(block)
                writing.flush()
                os.fsync(writing.fileno())
            if digest.hexdigest() != sha256:
                return None
            temporary.replace(target)
        except FileNotFoundError:
            return None  # removed meanwhile: what the copy of the database names is kept for longer
        finally:
            temporary.unlink(missing_ok=True)
    return True


def _small_files(place: Workplace, folder: Path) -> None:
    """Copy artwork, as drawn and as taken over, and the development credentials, readable by their owner alone."""
    for file in place.files.storage.files("shows"):
        if _ARTWORK.fullmatch(file.name) and (found := place.files.storage.read(file.name)):
            write_atomically(folder / "public" / file.name, found[0])
    for picture in place.data.imported.glob("*/artwork.*"):
        target = folder / place.data.imported.name / picture.parent.name / picture.name
        try:
            drawn = picture.read_bytes()
        except OSError as error:
            raise refused(f"cannot copy {picture}", error) from error
        write_atomically(target, drawn)
    signing = place.data.data / "signing"
    if signing.is_dir():
        with reporting(folder / "signing"):
            shutil.copytree(signing, folder / "signing", dirs_exist_ok=True)


def _named_files(place: Workplace, folder: Path) -> Iterator[str]:
    """Copy the pictures and music that shows name by path; give in words what cannot be read, and what sources name.

    What took another file's place under the same path takes it here too, for older copies of the database as well.
    """
    with place.database.reading() as session:
        shows = [Show.stored(settings) for settings in session.scalars(select(ShowRow.settings).order_by(ShowRow.slug))]
        sources = session.execute(select(SourceRow.name, SourceRow.settings).order_by(SourceRow.name)).all()
    for show in shows:
        for field, named in named_files(show).items():
            try:
                with (path := where(named)).open("rb"):
                    pass
            except OSError:
                yield f"{named}: the {field} of show {show.slug!r}, which cannot be read"
                continue
            if place.data.imported not in path.parents:
                copy_unless_equal(path, folder / place.data.named.name / copy_name(named))
    for name, settings in sources:
        for option in PATH_OPTIONS:
            if isinstance(named := settings.get("options", {}).get(option), str):
                yield f"{named}: the {option} of source {name!r}"


def _elsewhere(place: Workplace) -> list[str]:
    named = [f"the value of {name}" for name in sorted(os.environ) if name.startswith("BRIEFCAST_")]
    if Path(".env").is_file():
        named.append("the file .env")
    if sealing.key_file().is_file():
        named.append(f"{sealing.key_file()}: without it no secret in the database opens; keep it apart from the backup")
    if not isinstance(place.storage, FolderStorage):
        named.append("the bucket: turn its versioning on")
    return named
