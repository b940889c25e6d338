"""Lets go of what nothing needs any more: old revisions' audio, unused takes and masters, versions, steps, ledgers.

Never of what a feed, an alias, a live or held revision or a step names. A little at a time, each bit in a transaction
of its own; rows go first, and the bytes an hour later if no row has come to name them again, so that a worker that has
just found a row keeps what it found. No transaction keeps others from preparing a revision meanwhile, neither SQLite's
between two of ours nor PostgreSQL's READ COMMITTED within one: what that may cost is a take that is spoken once more.
"""

from __future__ import annotations

import json
from dataclasses import fields
from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, or_, select
from sqlalchemy.orm import aliased

from briefing.database import clock
from briefing.failpoints import Failpoint, reach
from briefing.models import (
    ArticleVersionRow,
    BriefingRow,
    HealthRow,
    MasterRow,
    RevisionRow,
    StepRow,
    TakeRow,
)
from briefing.observing.logs import get_logger
from briefing.observing.workers import retire
from briefing.public_names import audio_name, briefing_folder
from briefing.sql.rows import put
from briefing.states import RevisionState
from worker.upkeep import ledgers, uses
from worker.upkeep.condemned import collect_bytes, condemn, condemn_masters, due_bytes, old_staged, remove_staged
from worker.upkeep.cutoffs import Cutoffs, Gone, cutoffs
from worker.upkeep.forgetting import due_texts, forget_texts
from worker.upkeep.pace import within
from worker.upkeep.unused import finished_steps, unused_masters, unused_takes, unused_versions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from briefing.storage import PublicStorage
    from worker.public.public_files import PublicFiles
    from worker.workplace import Workplace

#: Rows looked at in one go: a few milliseconds of SQLite's one write lock.
BATCH = 200

#: Seconds between the end of one pass over everything and the next.
_REST_S = 3600.0

#: Stands among the cursors while there is more to note before the walks may go on.
_NOTING = "noting"

#: Stands among them while ledgers have more rows to go than fit into a batch.
_LEDGERS = "ledgers"

#: The walks that go by what has been noted.
_BY_USES = frozenset({"takes", "versions"})

_OVER = [RevisionState.SUPERSEDED.value, RevisionState.FAILED.value, RevisionState.UNCHANGED.value]

_log = get_logger("retention")


def tend(place: Workplace) -> None:
    """Do a little, if it is time: called by the sweep, at every round."""
    with place.database.reading() as session:
        row = session.get(HealthRow, "retention")
        # By the database's clock: what a host lets go of whose own is ahead is gone for all.
        now = clock(session)
        if row is not None and row.state == "resting" and 0 <= now.timestamp() - row.reported_at < _REST_S:
            return
        cursors = json.loads(row.detail) if row is not None and row.detail else {}
    gone, cursors = collect(place, now, cursors)
    if gone != Gone():
        _log.info("let go", **{field.name: getattr(gone, field.name) for field in fields(Gone)})
    with place.database.writing() as session:
        state = "working" if cursors or gone != Gone() else "resting"
        put(session, HealthRow, name="retention", state=state, detail=json.dumps(cursors), reported_at=now.timestamp())


def collect(
    place: Workplace, now: datetime, cursors: dict[str, str], batch: int = BATCH
) -> tuple[Gone, dict[str, str]]:
    """Let one batch of each kind go. Returns what went, and where to go on; nothing when a pass is complete.

    Raises DatabaseUnavailable or StorageUnavailable; what has gone by then is gone, the rest stays.
    """
    until = cutoffs(place.keep, now)
    rows = ledgers.let_go(place.database, place.keep, now, batch)
    gone = Gone(
        revisions=_revisions(place, until.revisions, now, batch),
        blobs=collect_bytes(place.database, place.storage, now.timestamp(), batch),
        texts=forget_texts(place.database, until.withdrawn, batch),
        staged=0 if cursors else remove_staged(_staging(place), now.timestamp()),
        **rows,
    )
    with place.database.writing() as session:
        retire(session)
    more_rows = {_LEDGERS: "1"} if batch in rows.values() else {}
    if set(cursors) == {_LEDGERS}:
        return gone, more_rows
    under_way = {name: after for name, after in cursors.items() if name in _DELETIONS}
    # In this order: what ends between the two is noted as finished.
    all_noted = uses.note_active(place.database)
    if uses.note_finished(place.database, batch) == batch:
        # Nothing can be told unused before all is noted: the walks wait where they are.
        return gone, under_way | more_rows | {_NOTING: "1"}
    walked, following = _walked(place, until, under_way, batch, now, all_noted=all_noted)
    return gone + walked, following | more_rows


def _walked(
    place: Workplace, until: Cutoffs, cursors: dict[str, str], batch: int, now: datetime, *, all_noted: bool
) -> tuple[Gone, dict[str, str]]:
    """Go a batch further on each walk that is under way; on all of them, from the start, where none is."""
    gone, following = Gone(), dict[str, str]()
    walks: dict[str, Callable[[Session, str], tuple[Sequence[str], str]]] = {
        "takes": lambda session, after: unused_takes(session, until.unused, after, batch),
        "masters": lambda session, after: unused_masters(session, until.unused, after, batch),
        "versions": lambda session, after: unused_versions(session, until.versions, after, batch),
        "steps": lambda session, after: finished_steps(session, until.steps, after, batch),
    }
    for name, find in walks.items():
        if cursors and name not in cursors:
            continue
        if name in _BY_USES and not all_noted:
            if name in cursors:
                following[name] = cursors[name]
        else:
            number, after = _walk(place, name, find, cursors.get(name, ""), now)
            gone += Gone(**{name: number})
            if after:
                following[name] = after
    return gone, following


def _walk(
    place: Workplace,
    name: str,
    find: Callable[[Session, str], tuple[Sequence[str], str]],
    after: str,
    now: datetime,
) -> tuple[int, str]:
    with place.database.writing() as session:
        found, following = find(session, after)
        _DELETIONS[name](session, found, now.timestamp())
        if found:
            reach(Failpoint.RETENTION_DELETED)
    return len(found), following


def foreseen(place: Workplace, now: datetime) -> Gone:
    """Return what would go now; what those revisions alone use would follow. Changes nothing but notes of uses."""
    until = cutoffs(place.keep, now)
    uses.note_active(place.database)
    while uses.note_finished(place.database, BATCH) == BATCH:
        pass
    with place.database.reading() as session:
        return Gone(
            revisions=len(due_revisions(session, until.revisions, None)),
            takes=len(unused_takes(session, until.unused, "", None)[0]),
            masters=len(unused_masters(session, until.unused, "", None)[0]),
            versions=len(unused_versions(session, until.versions, "", None)[0]),
            steps=len(finished_steps(session, until.steps, "", None)[0]),
            blobs=due_bytes(session, now.timestamp()),
            texts=due_texts(session, until.withdrawn),
            staged=len(old_staged(_staging(place), now.timestamp())),
            **ledgers.due(session, place.keep, now),
        )


def _staging(place: Workplace) -> tuple[PublicStorage, ...]:
    return place.storages.public, place.storages.members


def due_revisions(session: Session, until: datetime, limit: int | None) -> list[int]:
    """Return the revisions whose audio is to go: over for long enough, and not what the next one would go by."""
    newer = aliased(RevisionRow)
    followed = exists().where(
        newer.briefing_id == RevisionRow.briefing_id,
        newer.number > RevisionRow.number,
        newer.prepared_at.is_not(None),
    )
    statement = (
        select(RevisionRow.id)
        .join(BriefingRow, BriefingRow.id == RevisionRow.briefing_id)
        .where(
            RevisionRow.let_go_at.is_(None),
            RevisionRow.state.in_(_OVER),
            RevisionRow.finished_at < until,
            or_(BriefingRow.live_revision.is_(None), BriefingRow.live_revision != RevisionRow.id),
            or_(RevisionRow.prepared_at.is_(None), followed),
        )
        .order_by(RevisionRow.finished_at)
        .limit(limit)
    )
    return list(session.scalars(statement))


def _revisions(place: Workplace, until: datetime, now: datetime, batch: int) -> int:
    with place.database.reading() as session:
        due = due_revisions(session, until, batch)
    done, gone = 0, list[str]()
    try:
        for revision_id in within(due):
            with place.database.writing() as session:
                # The lock that publishing takes: neither sees the other half done.
                briefing_id = session.scalar(select(RevisionRow.briefing_id).where(RevisionRow.id == revision_id))
                session.execute(select(BriefingRow.id).where(BriefingRow.id == briefing_id).with_for_update())
                row = session.get_one(RevisionRow, revision_id, populate_existing=True)
                if row.state in _OVER and row.let_go_at is None:
                    gone += let_go(session, row, place.files, now)
                    reach(Failpoint.RETENTION_LET_GO)
            done += 1
    finally:
        # Once for all of them, and while nobody waits: a CDN may take its time.
        place.files.purge(gone)
    return done


def let_go(session: Session, row: RevisionRow, files: PublicFiles, now: datetime) -> list[str]:
    """Give up a revision's audio: its public MP3, unless another revision has the same, and what lies beside it. The
    row stays, with its script. Returns the names of the public files that went, for the caller to have caches drop.
    """
    same = aliased(RevisionRow)
    folder = briefing_folder(row.briefing_id, row.number)
    both = (files, files.of_members) if files.members is not None else (files,)
    gone = {those.private: [file.name for file in those.storage.files(folder)] for those in both}
    master = session.get(MasterRow, row.master_key) if row.master_key else None
    if master is not None:
        shared = (
            select(same.id)
            .join(MasterRow, MasterRow.key == same.master_key)
            .where(MasterRow.sha256 == master.sha256, same.id != row.id)
        )
        name = audio_name(master.sha256)
        if session.scalar(shared.limit(1)) is None:
            for names in gone.values():
                names.append(name)
            # What older processes published is told by its file, as long as that is there.
            if row.audio_sha256 is None and row.state == RevisionState.SUPERSEDED.value and files.storage.look(name):
                row.audio_sha256 = master.sha256
    for those in both:
        for name in gone[those.private]:
            those.storage.remove(name)
    row.master_key, row.chunks, row.versions, row.let_go_at = None, None, None, now
    row.preview_key = row.preview_card = None
    uses.forget(session, row.id)
    session.flush()
    return gone[False]


def _delete_takes(session: Session, keys: Sequence[str], now: float) -> None:
    condemn(session, session.scalars(select(TakeRow.sha256).where(TakeRow.key.in_(keys))).all(), now)
    session.execute(delete(TakeRow).where(TakeRow.key.in_(keys)))


def _delete_masters(session: Session, keys: Sequence[str], now: float) -> None:
    condemn_masters(session, keys, now)


def _delete_versions(session: Session, ids: Sequence[str], _: float) -> None:
    session.execute(delete(ArticleVersionRow).where(ArticleVersionRow.id.in_(map(int, ids))))


def _delete_steps(session: Session, ids: Sequence[str], _: float) -> None:
    session.execute(delete(StepRow).where(StepRow.id.in_(map(int, ids))))


_DELETIONS: dict[str, Callable[[Session, Sequence[str], float], None]] = {
    "takes": _delete_takes,
    "masters": _delete_masters,
    "versions": _delete_versions,
    "steps": _delete_steps,
}
