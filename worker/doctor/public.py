"""Published files: every live revision's MP3, alias, JSON and companions and every show's feed are there and right.

What they should hold is made anew from the rows, as publishing makes it, and compared byte by byte.
"""

from __future__ import annotations

import hashlib
import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from briefing.models import BriefingRow, MasterRow, RevisionRow, ShowRow
from briefing.public_names import artwork_name, artwork_names, audio_sha256, briefing_folder
from briefing.revisions import lock_briefing
from briefing.states import RevisionState
from briefing.storage.interfaces import YOUNG_S
from worker.doctor.finding import Finding
from worker.doctor.foreign import orphans
from worker.feeds.show_feed import write_feed
from worker.public.placing import public_files
from worker.public.public_files import SCRIPTS
from worker.public.recorded import Recorded
from worker.public.staging import ready_to_rewrite
from worker.publish import rewrite, write_live

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from briefing.storage import PublicStorage
    from worker.workplace import Workplace


_MAY_BE_PUBLIC = [
    state.value
    for state in (RevisionState.PUBLISHING, RevisionState.LIVE, RevisionState.SUPERSEDED, RevisionState.RETRACTED)
]

#: The revision that is live, for everybody or for members.
_HEARD = func.coalesce(BriefingRow.live_revision, BriefingRow.members_revision)


def look(place: Workplace, fix: bool) -> Iterator[Finding]:
    """Yield what is wrong with published files. Raises DatabaseUnavailable or StorageUnavailable."""
    with place.database.reading() as session:
        live = session.execute(select(BriefingRow.id, _HEARD).where(_HEARD.is_not(None))).all()
        slugs = session.scalars(select(ShowRow.slug)).all()
    for briefing_id, revision_id in live:
        if revision_id is not None:
            yield from _of_revision(place, briefing_id, revision_id, fix)
    for slug in slugs:
        yield from _of_show(place, slug, fix)
    yield from _player(place, fix)
    strays = [*_strays(place, fix=False)]
    # Of another database's files all would be nobody's.
    yield from _strays(place, fix=True) if strays and fix and not orphans(place).are_most else strays


def _strays(place: Workplace, *, fix: bool) -> Iterator[Finding]:
    yield from _unnamed(place, fix)
    yield from _left_of_members(place, fix)


def _of_revision(place: Workplace, briefing_id: str, revision_id: int, fix: bool) -> Iterator[Finding]:
    public = Recorded(links=place.storages.public.links)
    members = Recorded(links=place.storages.members.links)
    with place.database.reading() as session:
        briefing = session.get_one(BriefingRow, briefing_id)
        if briefing.heard != revision_id:
            return
        revision = session.get_one(RevisionRow, revision_id)
        wanted = replace(place.files, storage=public, members=members)
        # A transcript that is lost is told where stored bytes are looked at: here what was published of it stays.
        write_live(session, briefing, revision, place.storage, wanted)
        exposed = _exposed(session, briefing, place)
    yield from _hidden(place, briefing_id, exposed, fix)
    pairs = ((public, place.storages.public), (members, place.storages.members))
    wrong = [(storage, *one) for recorded, storage in pairs for one in differences(recorded, storage)]
    if not wrong:
        return
    mended, hint = "", ""
    if not all(place.storage.intact(sha256) for recorded, _ in pairs for sha256 in recorded.published.values()):
        # What there is may be the last that can be heard, though a bit of it is wrong.
        hint = "Regenerate its briefing: what this would be written from is lost or damaged."
    elif fix:
        _write_anew(place, revision_id, [(storage, name) for storage, name, _ in wrong])
        left = [one for recorded, storage in pairs for one in differences(recorded, storage)]
        mended = "" if left else "written anew"
    for _, name, what in wrong:
        detail = f"of briefing {briefing_id}: {what}"
        yield Finding(code=f"public_{what}", subject=name, detail=detail, hint=hint, mended=mended)


def _write_anew(place: Workplace, revision_id: int, wrong: list[tuple[PublicStorage, str]]) -> None:
    for storage, name in wrong:
        # A damaged copy is not taken for the stored file by its name.
        storage.remove(name)
    with ready_to_rewrite(place, revision_id), place.database.writing() as session:
        rewrite(session, session.get_one(RevisionRow, revision_id), place.storage, place.files)


def _exposed(session: Session, briefing: BriefingRow, place: Workplace) -> list[str]:
    """Return the public files with all of a briefing that is for members: none, unless somebody put them there."""
    if briefing.members_revision is None:
        return []
    whole = set(
        session.scalars(
            select(MasterRow.sha256)
            .join(RevisionRow, RevisionRow.master_key == MasterRow.key)
            .where(RevisionRow.briefing_id == briefing.id)
        )
    )
    named = public_files(session, briefing, place.files)
    pinned = re.compile(rf"{briefing_folder(briefing.id)}/[0-9]+/.*")
    return [name for name in named if audio_sha256(name) in whole or pinned.fullmatch(name)]


def _hidden(place: Workplace, briefing_id: str, exposed: list[str], fix: bool) -> Iterator[Finding]:
    if exposed and fix:
        place.files.remove(exposed)
    for name in exposed:
        yield Finding(
            code="public_exposed",
            subject=name,
            detail=f"of briefing {briefing_id}, which is for members alone",
            hint="Run `briefcast doctor --fix`, and look for workers of another version.",
            mended="removed" if fix else "",
        )


def _of_show(place: Workplace, slug: str, fix: bool) -> Iterator[Finding]:
    wanted, members = Recorded(), Recorded()
    with place.database.reading() as session:
        write_feed(session, slug, replace(place.files, storage=wanted, members=members), there=place.files)
    pairs = ((wanted, place.storages.public), (members, place.storages.members))
    for name, what in [one for recorded, storage in pairs for one in differences(recorded, storage)]:
        mended = ""
        if fix:
            with place.database.writing() as session:
                write_feed(session, slug, place.files)
            mended = "written anew"
        yield Finding(code=f"public_{what}", subject=name, detail=f"of show {slug!r}: {what}", mended=mended)
    with place.database.reading() as session:
        is_png = session.get_one(ShowRow, slug).artwork_png
    for name in artwork_names(slug) if is_png else [artwork_name(slug)]:
        if place.files.storage.look(name) is not None:
            continue
        yield Finding(
            code="public_missing",
            subject=name,
            detail=f"of show {slug!r}: missing",
            hint="Run `briefcast apply`, which draws it.",
        )


def _player(place: Workplace, fix: bool) -> Iterator[Finding]:
    for name, script in SCRIPTS.items():
        found = place.files.storage.read(name)
        if found is not None and found[0] == script():
            continue
        what = "missing" if found is None else "outdated"
        if fix:
            place.files.put_player()
        yield Finding(
            code=f"public_{what}",
            subject=name,
            detail=f"the web player: {what}",
            mended="written anew" if fix else "",
        )


def differences(wanted: Recorded, there: PublicStorage) -> Iterator[tuple[str, str]]:
    """Yield name and fault of each file that is not as wanted: missing, corrupt or outdated."""
    for name, sha256 in wanted.published.items():
        if (digest := _digest(there, name)) != sha256:
            yield name, "corrupt" if digest else "missing"
    for alias, name in wanted.aliases.items():
        if (target := there.target(alias)) != name:
            yield alias, "outdated" if target else "missing"
        # A bucket's is the MP3 once more; a link's own bytes are those of what it leads to.
        elif _digest(there, alias) not in {None, audio_sha256(name)}:
            yield alias, "corrupt"
    for name, content in wanted.contents.items():
        found = there.read(name)
        if found is None:
            yield name, "missing"
        elif found[0] != content:
            yield name, "outdated"


def _is_given(session: Session, sha256: str) -> bool:
    """Tell whether a revision gives an MP3 to readers, or may: of a replaced one that older processes made is not
    known whether it was live.
    """
    made = (
        select(RevisionRow.id)
        .join(MasterRow, or_(MasterRow.key == RevisionRow.master_key, MasterRow.key == RevisionRow.preview_key))
        .where(MasterRow.sha256 == sha256, RevisionRow.state.in_(_MAY_BE_PUBLIC))
    )
    given = select(RevisionRow.id).where(RevisionRow.audio_sha256 == sha256)
    return any(session.scalar(named.limit(1)) is not None for named in (made, given))


def _digest(there: PublicStorage, name: str) -> str | None:
    """Return the sha256 of a file, which may be as large as three hours of audio; None where there is none."""
    blocks = there.blocks(name)
    if blocks is None:
        return None
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block)
    return digest.hexdigest()


def _unnamed(place: Workplace, fix: bool) -> Iterator[Finding]:
    """MP3s at public addresses that no revision gives to readers: left by a crash between a file and its row. One that
    an editor holds is no more public than one that nobody has.
    """
    old = time.time() - YOUNG_S
    for file in list(place.files.storage.files("audio")):
        sha256 = audio_sha256(file.name)
        if sha256 is None or file.modified > old:
            continue
        with place.database.writing() if fix else place.database.reading() as session:
            if _is_given(session, sha256):
                continue
            if fix:
                place.files.storage.remove(file.name)
        yield Finding(
            code="public_orphan",
            subject=file.name,
            detail="no published revision has this audio",
            mended="removed" if fix else "",
        )


def _left_of_members(place: Workplace, fix: bool) -> Iterator[Finding]:
    """What lies among members' files of briefings that are not theirs: left by workers of before there were members."""
    old = time.time() - YOUNG_S
    storage = place.storages.members
    for file in [*storage.files("audio"), *storage.files("briefings")]:
        if file.modified > old:
            continue
        with place.database.writing() if fix else place.database.reading() as session:
            briefings = _briefings_of(session, file.name)
            # Whoever writes there holds the briefing's lock until its row says so.
            rows = [lock_briefing(session, id_) if fix else session.get_one(BriefingRow, id_) for id_ in briefings]
            if any(row.members_revision is not None for row in rows):
                continue
            if fix:
                storage.remove(file.name)
        yield Finding(
            code="members_orphan",
            subject=file.name,
            detail="no briefing that is for members has this file",
            mended="removed" if fix else "",
        )


def _briefings_of(session: Session, name: str) -> list[str]:
    """Return the IDs of the briefings that a file may be of, in the order in which they are locked."""
    sha256 = audio_sha256(name)
    if sha256 is None:
        return list(session.scalars(select(BriefingRow.id).where(BriefingRow.id == name.split("/")[1])))
    made = (
        select(RevisionRow.briefing_id)
        .join(MasterRow, MasterRow.key == RevisionRow.master_key)
        .where(MasterRow.sha256 == sha256, RevisionRow.state.in_(_MAY_BE_PUBLIC))
    )
    return sorted(session.scalars(made.distinct()))
