"""Stored bytes: takes, masters and jingles that are missing or damaged, and bytes that nothing names."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from briefing.models import BriefingRow, JingleRow, MasterRow, RevisionRow, TakeRow
from briefing.public_names import audio_name, briefing_folder, picture_name
from briefing.storage import reporting
from briefing.storage.interfaces import YOUNG_S
from briefing.takes import forget_take
from worker.doctor.finding import Finding
from worker.doctor.foreign import orphans
from worker.upkeep.condemned import is_accounted_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from briefing.storage import PublicStorage
    from worker.workplace import Workplace

#: What to do where bytes of a master are lost.
_MADE_AGAIN = "Regenerate its briefing: its takes are reused. A finished master is looked for whole first."
_NO_PICTURE = "Run `briefcast doctor --fix`, which has it from its public copy if that is whole; it is heard without."

#: Rows read at a time.
_BATCH = 1000


def look(place: Workplace, fix: bool) -> Iterator[Finding]:
    """Yield what is wrong with stored bytes. Raises DatabaseUnavailable or StorageUnavailable."""
    if _holds_nothing(place):
        # A disk that is not mounted, another bucket: what would be forgotten would all be spoken anew.
        yield Finding(
            code="storage_empty",
            subject="storage",
            detail="it holds nothing, though there are takes: none is looked for, none forgotten",
            hint="Is its disk mounted, and is BRIEFCAST_STORAGE_URL the right one? If it is lost, restore a backup.",
        )
    else:
        yield from _takes(place, fix)
    yield from _masters(place, fix)
    yield from _jingles(place)
    yield from _orphans(place, fix)


def _holds_nothing(place: Workplace) -> bool:
    with place.database.reading() as session:
        named = session.scalar(select(TakeRow.key).limit(1))
    return named is not None and next(iter(place.storage.stored()), None) is None


def _takes(place: Workplace, fix: bool) -> Iterator[Finding]:
    after = ""
    while True:
        with place.database.reading() as session:
            rows = session.execute(
                select(TakeRow.key, TakeRow.sha256).where(TakeRow.key > after).order_by(TakeRow.key).limit(_BATCH)
            ).all()
        for key, sha256 in rows:
            if (wrong := _wrong(place, sha256)) is None:
                continue
            mended = ""
            if fix:
                with place.database.writing() as session:
                    forget_take(session, key)
                place.storage.remove(sha256)
                mended = "forgotten: it is spoken again when it is needed"
            yield Finding(code=f"take_{wrong}", subject=key, detail=f"its sound {sha256} is {wrong}", mended=mended)
        if len(rows) < _BATCH:
            return
        after = rows[-1].key


def _masters(place: Workplace, fix: bool) -> Iterator[Finding]:
    with place.database.reading() as session:
        rows = session.execute(
            select(MasterRow.key, MasterRow.sha256, MasterRow.transcript, MasterRow.picture).order_by(MasterRow.key)
        ).all()
        live = set(
            session.scalars(
                select(RevisionRow.master_key).join(
                    BriefingRow,
                    or_(BriefingRow.live_revision == RevisionRow.id, BriefingRow.members_revision == RevisionRow.id),
                )
            )
        )
    for key, sha256, transcript, picture in rows:
        for what, name in (("MP3", sha256), ("transcript", transcript), ("picture", picture)):
            if not name or (wrong := _wrong(place, name)) is None:
                continue
            yield Finding(
                code=f"master_{wrong}",
                subject=key,
                detail=f"the {what} {name} {'of what is live ' if key in live else ''}is {wrong}",
                hint=_NO_PICTURE if what == "picture" else _MADE_AGAIN,
                mended=_put_back(place, key, name, what) if fix else "",
            )


def _put_back(place: Workplace, key: str, sha256: str, what: str) -> str:
    """Put an MP3 or a picture of a master back into the storage from its public copy; return what was done."""
    if what == "MP3":
        return _from_public(place, place.files.storage, audio_name(sha256), sha256)
    if what != "picture":
        return ""
    with place.database.reading() as session:
        of_it = select(RevisionRow.briefing_id, RevisionRow.number, MasterRow.picture_ending).join_from(
            RevisionRow, MasterRow, RevisionRow.master_key == MasterRow.key
        )
        found = session.execute(of_it.where(MasterRow.key == key)).all()
    tried = (
        _from_public(place, storage, f"{briefing_folder(briefing, number)}/{picture_name(sha256, ending)}", sha256)
        for briefing, number, ending in found
        if ending
        for storage in (place.storages.public, place.storages.members)
    )
    return next(filter(None, tried), "")


def _from_public(place: Workplace, files: PublicStorage, name: str, sha256: str) -> str:
    """Put bytes back into the storage from the file of that name, if it is whole; return what was done."""
    blocks = files.blocks(name)
    if blocks is None:
        return ""
    path = place.storage.temporary(name[name.rindex(".") :])
    try:
        with reporting(path), path.open("xb") as file:
            file.writelines(blocks)
        if place.storage.intact(sha256):
            return ""
        stored = place.storage.put(path)
    finally:
        path.unlink(missing_ok=True)
    if stored != sha256:
        place.storage.remove(stored)
        return ""
    return "put back from its public copy"


def _jingles(place: Workplace) -> Iterator[Finding]:
    with place.database.reading() as session:
        rows = session.execute(select(JingleRow.name, JingleRow.part, JingleRow.sha256)).all()
    for name, part, sha256 in rows:
        if sha256 and (wrong := _wrong(place, sha256)):
            yield Finding(
                code=f"jingle_{wrong}",
                subject=f"{name} ({part})",
                detail=f"its sound is {wrong}",
                hint="Upload it again.",
            )


def _orphans(place: Workplace, fix: bool) -> Iterator[Finding]:
    old = time.time() - YOUNG_S
    found, are_most = orphans(place)
    if are_most:
        yield Finding(
            code="storage_foreign",
            subject="storage",
            detail=f"the database does not name {len(found)} stored files, most of what is there: none is removed",
            hint="Is BRIEFCAST_DATABASE_URL the one that the processes have? If an old or empty copy was restored, "
            "restore another.",
        )
        return
    for blob in found:
        removed = False
        if fix:
            # In the transaction that removes: nothing comes to name them in between.
            with place.database.writing() as session:
                if is_accounted_for(session, blob.sha256):
                    continue
                removed = place.storage.remove_older(blob.sha256, old)
        yield Finding(
            code="orphan",
            subject=blob.sha256,
            detail=f"nothing names these {blob.bytes} bytes",
            mended="removed" if removed else "",
        )


def _wrong(place: Workplace, sha256: str) -> str | None:
    """Return what is wrong with stored bytes: missing, corrupt, or nothing."""
    if place.storage.intact(sha256, afresh=True):
        return None
    return "corrupt" if place.storage.has(sha256) else "missing"
