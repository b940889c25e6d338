"""The `assemble` step: takes become the MP3."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from briefing import revisions, steps
from briefing.articles.versions import first_seen
from briefing.backoff import MAX_POSTPONED
from briefing.errors import TakeCorrupt
from briefing.failpoints import Failpoint, reach
from briefing.going_live import editions
from briefing.podcasts.jingles import jingle_files
from briefing.podcasts.show import Show
from briefing.script import Script
from briefing.speech import Cast, Chunk
from briefing.states import Queue, RevisionState, StepKind
from briefing.takes import find_master, find_takes, forget_take, save_master
from worker import pipeline
from worker.assemble import check_takes, complete, counting, produce
from worker.prepare import Prepared
from worker.programme import Programme, fittings_for, programme, tags_for
from worker.tasks.common import finish_idle, load_active, record

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from briefing.audio import Master, Take
    from briefing.steps import Lease
    from worker.workplace import Workplace


def assemble_revision(lease: Lease, place: Workplace) -> None:
    """Make the MP3 from the takes, or find the equal one, and record its publishing. A damaged take is spoken again."""
    revision = load_active(place, lease)
    if revision is None:
        finish_idle(place, lease)
        return
    show = Show.stored(revision.show)
    prepared = Prepared(
        Script.stored(revision.script),
        Cast.stored(revision.cast),
        tuple(Chunk.stored(chunk) for chunk in revision.chunks or ()),
    )
    with place.database.reading() as session:
        undated = first_seen(session, revision.versions or []).date()
    try:
        master = finished_master(place, prepared, show, undated)
    except TakeCorrupt as corrupt:
        if lease.postponed >= MAX_POSTPONED:
            raise  # a disk that damages whatever it is given
        _speak_again(place, lease, prepared, corrupt.keys)
        return
    now = datetime.now(UTC)
    with place.database.writing() as session:
        row = revisions.locked_in_briefing(session, revision.id)
        if not steps.finish(session, lease):
            return
        master = counting(session, master, place.storage)
        save_master(session, master, now)
        row.master_key = master.key
        session.flush()
        # Who it is for, and what it waits for, may have changed while it was being made.
        kind = editions.finished(session, row, now)
        if kind is not None:
            state, following = pipeline.after_assemble(Queue(row.queue), kind)
            revisions.move(row, state, now)
            record(session, row, following)
        reach(Failpoint.ASSEMBLE_BEFORE_COMMIT)
    reach(Failpoint.ASSEMBLE_AFTER_COMMIT)


def finished_master(place: Workplace, prepared: Prepared, show: Show, undated: date) -> Master:
    """Return the master of what is prepared: made from its takes, or the equal one that is stored.

    Raises TakeCorrupt and what `produce` raises.
    """
    keys = {chunk.key for chunk in prepared.chunks}
    with place.database.reading() as session:
        takes = find_takes(session, keys)
        uploaded = jingle_files(session, place.storage)
    if missing := keys - takes.keys():
        message = "takes are not stored"
        raise TakeCorrupt(message, keys=tuple(missing))
    tags = tags_for(prepared, show, place.speakers.credit(prepared.narrators), undated)
    planned = programme(
        prepared, takes, show, tags, fittings_for(show, prepared, place.speakers, uploaded, place.signer)
    )
    return _stored_master(place, planned) or _produced(place, planned, takes)


def _stored_master(place: Workplace, planned: Programme) -> Master | None:
    with place.database.reading() as session:
        return complete(find_master(session, planned.key), place.storage)


def _produced(place: Workplace, planned: Programme, takes: dict[str, Take]) -> Master:
    check_takes(takes, place.storage)
    reach(Failpoint.ASSEMBLE_BEFORE)
    made = produce(planned, place.storage)
    reach(Failpoint.ASSEMBLE_STORED)
    return made


def _speak_again(place: Workplace, lease: Lease, prepared: Prepared, keys: Collection[str]) -> None:
    """Have the chunks of damaged takes spoken again, and the assembling wait for them."""
    online = {
        narrator.voice: narrator.engine
        for narrator in prepared.cast.narrators
        if place.speakers.get(narrator.voice).engine.capabilities.online
    }
    with place.database.writing() as session:
        row = revisions.locked(session, lease.revision_id)
        if not steps.wait_again(session, lease):
            return
        for key in sorted(keys):
            forget_take(session, key)
        revisions.move(row, RevisionState.SPEAKING, datetime.now(UTC))
        row.chunks_left += len(keys)
        spoken = {chunk.key for chunk in prepared.chunks}.difference(keys)
        _, following = pipeline.after_prepare(prepared.chunks, spoken, Queue(row.queue), online=online)
        record(session, row, [step for step in following if step.kind is StepKind.SPEAK])
