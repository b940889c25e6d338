"""Restores a backup into an empty installation: the database, the bytes it names, then all that readers fetch, anew.

Guids, dates, addresses and keys are rows, so nothing looks new to anybody; what was under way goes on when its lease
has run out.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select

from briefing.errors import BadInput, DatabaseUnavailable
from briefing.hashing import file_sha256
from briefing.models import (
    BriefingRow,
    CondemnedRow,
    HealthRow,
    MasterRow,
    RevisionRow,
    ShowRow,
    SignInRow,
    SignInStartRow,
    WelcomeRow,
    WorkerRow,
)
from briefing.public_names import PICTURE_TYPES, artwork_name, artwork_serving
from briefing.revisions import lock_briefing
from briefing.sql.schema import migrate
from briefing.states import RevisionState
from briefing.storage import FolderStorage, make_folder, reporting, sync_file, sync_folder
from worker.feeds.show_feed import write_feed
from worker.installation.backup import named_by
from worker.installation.backup_copies import read_names
from worker.installation.database_copy import postgresql_environment
from worker.installation.emptiness import make_room
from worker.public.heard import own_article
from worker.public.staging import ready_to_rewrite
from worker.publish import shown, write_live

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from worker.workplace import Workplace

_RESTORE_S = 3600


@dataclass(frozen=True)
class Restored:
    """What was restored."""

    taken_at: str
    public_url: str
    """As it was when the backup was taken: at another, feeds would name other addresses."""
    blobs: int
    damaged: list[str]
    """Bytes of the backup that no longer match their hash, and were left out."""
    briefings: int
    """Whose audio is live again."""
    lost: list[str]
    """Live briefings whose files could not all be written: their MP3 is lost, or a transcript or picture."""


def restore(place: Workplace, folder: Path, stamp: str | None) -> Restored:
    """Restore the newest backup in `folder`, or that of `stamp`. Raises BadInput where there is none, its database is
    damaged or this installation is not empty, DatabaseUnavailable or StorageUnavailable.
    """
    manifest = _manifest(folder, stamp)
    copy = folder / "database" / manifest["database"]
    _check(copy, manifest)
    make_room(place.database)
    blobs, damaged = _blobs(place, folder, read_names(copy))
    for kept in ("signing", place.data.imported.name, place.data.named.name):
        if (folder / kept).is_dir():
            make_folder(place.data.data)
            with reporting(place.data.data):
                shutil.copytree(folder / kept, place.data.data / kept, dirs_exist_ok=True)
    _database(place, copy)
    migrate(place.database)
    # What a folder has collected of all the time before, and of what was withdrawn, is not to come back with the rest.
    for sha256 in blobs - {digest.hex() for digest in named_by(place.database)}:
        place.storage.remove(sha256)
        blobs.remove(sha256)
    with place.database.writing() as session:
        # What processes of before said of themselves, bytes that may not be here, and who was signed in: they may have
        # signed out, or been removed, since.
        for kind in (WorkerRow, HealthRow, CondemnedRow, SignInRow, SignInStartRow, WelcomeRow):
            session.execute(delete(kind))
    # First, so that what is live in the restored database is not called withdrawn.
    place.files.bury(manifest.get("gone", ()))
    place.files.of_members.bury(manifest.get("gone_members", ()))
    briefings, lost = _published(place, folder, frozenset(manifest.get("public", ())))
    return Restored(manifest["taken_at"], manifest["public_url"], len(blobs), damaged, briefings, lost)


def _manifest(folder: Path, stamp: str | None) -> dict[str, Any]:
    found = sorted((folder / "database").glob(f"{stamp or '*'}.json"))
    if not found:
        message = f"there is no whole backup {stamp or ''} in {folder}"
        raise BadInput(message, code="no_backup", hint="Name the folder that `briefcast backup` was given.")
    manifest: dict[str, Any] = json.loads(found[-1].read_text())
    return manifest


def _check(copy: Path, manifest: dict[str, Any]) -> None:
    """Raise BadInput where a copy of the database is lost or not as it was made: SQLite reads what it can of it."""
    # Earlier releases note no hash.
    sha256 = manifest.get("database_sha256")
    if not (_is_intact(copy, sha256) if sha256 else copy.is_file()):
        message = f"the copy of the database {copy} is lost or damaged"
        raise BadInput(message, code="backup_damaged", hint="Restore another one: `--at`, as an older copy is called.")


def _database(place: Workplace, copy: Path) -> None:
    """Put the database there, last of what matters: an interrupted restoring can simply be begun again."""
    if copy.suffix == ".pgdump":
        command = [
            "pg_restore",
            "--no-owner",
            "--single-transaction",
            "--dbname",
            place.database.engine.url.database or "",
            str(copy),
        ]
        try:
            subprocess.run(  # noqa: S603  PostgreSQL's own program
                command,
                env=postgresql_environment(place.database.address),
                check=True,
                capture_output=True,
                timeout=_RESTORE_S,
            )
        except (OSError, subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            message = (
                f"pg_restore failed: {(getattr(error, 'stderr', b'') or b'').decode(errors='replace').strip()[-300:]}"
            )
            raise DatabaseUnavailable(message) from error
        return
    target = Path(str(place.database.engine.url.database))
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    with reporting(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(copy, temporary)
        sync_file(temporary)
        temporary.replace(target)
        sync_folder(target.parent)


def _blobs(place: Workplace, folder: Path, names: set[str] | None) -> tuple[set[str], list[str]]:
    """Put stored bytes back, those of `names` or, where it is not known, all there are, each checked against its name;
    return which, and those that are damaged. Raises StorageUnavailable.
    """
    restored, damaged = set[str](), list[str]()
    if not isinstance(place.storage, FolderStorage):
        return restored, damaged
    for path in sorted((folder / "blobs").glob("??/*")):
        if path.name.startswith(".") or (names is not None and path.name not in names):
            continue
        if not place.storage.path(path.name):
            if not _is_intact(path, path.name):
                damaged.append(path.name)
                continue
            copy = place.storage.temporary(".restored")
            with reporting(copy):
                shutil.copyfile(path, copy)
            place.storage.put(copy)
            # As old as it was: retention goes by that.
            modified = path.stat().st_mtime
            if stored := place.storage.path(path.name):
                os.utime(stored, (modified, modified))
        restored.add(path.name)
    return restored, damaged


def _is_intact(path: Path, sha256: str) -> bool:
    """Tell whether bytes of a backup match their hash; those that its disk does not give do not."""
    try:
        return file_sha256(path) == sha256
    except OSError:
        return False


def _unbury(session: Session, briefing: BriefingRow, revision: RevisionRow, place: Workplace) -> None:
    """Take away the tombstones of what is heard of a live revision, by everybody or by members."""
    ref = own_article(session, briefing)
    for one, theirs in shown(session, briefing, revision, place.storage, place.files):
        theirs.unbury(theirs.names_of(briefing.id, [ref] if ref else [], one.master.sha256))


def _published(place: Workplace, folder: Path, public: frozenset[str]) -> tuple[int, list[str]]:
    """Write everything that readers fetch, and the MP3s at the addresses of replaced audio that were `public`: a
    revision that was held and never live is superseded too.
    """
    storage = place.files.storage
    with place.database.reading() as session:
        slugs = session.scalars(select(ShowRow.slug)).all()
        replaced = session.scalars(
            select(MasterRow.sha256)
            .join(RevisionRow, RevisionRow.master_key == MasterRow.key)
            .where(RevisionRow.state == RevisionState.SUPERSEDED.value)
            .distinct()
        ).all()
        heard_now = func.coalesce(BriefingRow.live_revision, BriefingRow.members_revision)
        live = session.execute(select(BriefingRow.id, heard_now).where(heard_now.is_not(None))).all()
    for slug in slugs:
        for ending in PICTURE_TYPES:
            picture = folder / "public" / (name := artwork_name(slug, ending))
            if picture.is_file():
                storage.write(name, picture.read_bytes(), artwork_serving(ending))
    for sha256 in replaced:
        if sha256 in public and place.storage.path(sha256) is not None:
            place.files.put_audio(sha256)
    lost = [briefing for briefing, revision in live if not _written(place, briefing, revision)]
    place.files.put_player()
    for slug in slugs:
        with place.database.writing() as session:
            write_feed(session, slug, place.files)
    return len(live) - len(lost), lost


def _written(place: Workplace, briefing_id: str, revision_id: int) -> bool:
    """Write what is heard of a briefing; tell whether all of it is there, MP3, transcripts and picture. One at a time:
    processes may run already.
    """
    with ready_to_rewrite(place, revision_id), place.database.writing() as session:
        briefing = lock_briefing(session, briefing_id)
        if briefing.heard != revision_id:
            return True
        revision = session.get_one(RevisionRow, revision_id)
        master = session.get_one(MasterRow, revision.master_key)
        if not place.storage.intact(master.sha256):
            return False
        _unbury(session, briefing, revision, place)
        write_live(session, briefing, revision, place.storage, place.files)
        # Without these the MP3 plays all the same.
        return all(place.storage.intact(named) for named in (master.transcript, master.picture) if named)
