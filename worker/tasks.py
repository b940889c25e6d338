"""One task per kind of step: load by id, call the stages, save, all of it safe to repeat. No rules of its own.

Each ends in one transaction that finishes the step under its fence and records what comes next; a worker that lost its
lease finds the fence outdated and leaves everything as it is.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import select

from briefing import revisions, steps
from briefing.backoff import MAX_POSTPONED
from briefing.errors import TakeCorrupt
from briefing.lexicons import lexicon_for
from briefing.models import ArticleRow, BriefingRow, RevisionRow, VariationRow
from briefing.show import Show
from briefing.shows import listed_sources
from briefing.speech import Chunk, Narrator
from briefing.states import ACTIVE, Queue, RevisionState, StepKind
from briefing.takes import find_master, find_takes, forget_take, save_master, save_take
from briefing.values import Article, ArticleRef, Script
from briefing.versions import first_seen, latest_versions, save_version
from worker import artwork, pipeline, script
from worker.assemble import Programme, check_takes, produce, programme, tags_for
from worker.fetch import fetch
from worker.prepare import Prepared, cut, write_script
from worker.publish import publish
from worker.speak import speak
from worker.speakers import voice_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from briefing.audio import Master, Take
    from briefing.steps import Lease
    from worker.workplace import Workplace

Task: TypeAlias = "Callable[[Lease, Workplace], None]"


def _load(place: Workplace, lease: Lease) -> RevisionRow | None:
    """Return the step's revision, or None when it has been superseded or failed meanwhile."""
    with place.database.reading() as session:
        revision = session.get_one(RevisionRow, lease.revision_id)
        session.expunge(revision)
    return revision if RevisionState(revision.state) in ACTIVE else None


def _finish_idle(place: Workplace, lease: Lease) -> None:
    with place.database.writing() as session:
        steps.finish(session, lease)


def _record(session: Session, revision_id: int, following: Sequence[pipeline.Next]) -> None:
    for step in following:
        payload = {"chunk": step.chunk.model_dump(mode="json")} if step.chunk else {}
        steps.record(
            session, step.kind, step.queue, revision_id=revision_id, seq=step.seq, payload=payload, state=step.state
        )


def prepare(lease: Lease, place: Workplace) -> None:
    """Fetch the articles, write the script, cut it into chunks, and record a step for each that has no take."""
    revision = _load(place, lease)
    if revision is None:
        _finish_idle(place, lease)
        return
    show = Show.model_validate(revision.show)
    articles, versions = _articles(place, revision)
    with place.database.reading() as session:
        cleanings = {name: source.cleaning for name, source in listed_sources(session).items()}
        lexicon = lexicon_for(session, show.slug)
    written = write_script(articles, show, cleanings, lexicon)
    if _is_unchanged(place, lease, written):
        return
    speaker = place.speakers.get(revision.voice)
    capabilities = speaker.engine.capabilities
    prepared = cut(
        written,
        place.speakers.narrator(revision.voice),
        capabilities,
        _variations(place, revision.briefing_id),
        place.limits,
    )
    with place.database.writing() as session:
        if steps.finish(session, lease):
            _save_prepared(session, lease, prepared, versions, online=capabilities.online)


def _is_unchanged(place: Workplace, lease: Lease, written: Script) -> bool:
    """Tell whether an equal revision says the very same; then the step is finished and that revision counts."""
    with place.database.writing() as session:
        row = session.get_one(RevisionRow, lease.revision_id)
        counterpart = revisions.counterpart(session, row)
        if counterpart is None or Script.model_validate(counterpart.script).substance != written.substance:
            return False
        if steps.finish(session, lease):
            revisions.conclude(session, row, RevisionState.UNCHANGED, datetime.now(UTC))
        return True


def _save_prepared(session: Session, lease: Lease, prepared: Prepared, versions: list[int], *, online: bool) -> None:
    row = session.get_one(RevisionRow, lease.revision_id)
    now = datetime.now(UTC)
    keys = {chunk.key for chunk in prepared.chunks}
    takes = find_takes(session, keys)
    state, following = pipeline.after_prepare(prepared.chunks, takes, Queue(row.queue), online=online)
    row.script = prepared.script.model_dump(mode="json")
    row.card = script.card(prepared.script, Show.model_validate(row.show)).model_dump(mode="json")
    row.narrator = prepared.narrator.model_dump(mode="json")
    row.chunks = [chunk.model_dump(mode="json") for chunk in prepared.chunks]
    row.versions = list(versions)
    row.chunks_total, row.chunks_reused = len(keys), len(takes)
    row.chunks_left = len(keys) - len(takes)
    row.spoken_s = sum(take.seconds for take in takes.values())
    row.prepared_at = now
    revisions.supersede_unfinished(session, row.briefing_id, row.number, now)
    revisions.move(row, state, now)
    _record(session, row.id, following)


def _articles(place: Workplace, revision: RevisionRow) -> tuple[list[Article], list[int]]:
    """Return the briefing's articles, fetched now or as the newest revision had them, with their version IDs."""
    with place.database.reading() as session:
        briefing = session.get_one(BriefingRow, revision.briefing_id)
        refs = [ArticleRef.parse(text) for text in briefing.articles]
        addresses = {str(ref): session.get_one(ArticleRow, (ref.source, ref.id)).address for ref in refs}
        known = None if revision.request.get("refetch", True) else latest_versions(session, briefing.id)
        sources = listed_sources(session)
    if known is not None:
        return [Article.model_validate(row.content) for row in known], [row.id for row in known]
    articles = [fetch(ref, addresses[str(ref)], sources) for ref in refs]
    with place.database.writing() as session:
        versions = [save_version(session, article, datetime.now(UTC)) for article in articles]
    return articles, versions


def _variations(place: Workplace, briefing_id: str) -> dict[str, int]:
    with place.database.reading() as session:
        rows = session.scalars(select(VariationRow).where(VariationRow.briefing_id == briefing_id))
        return {row.segment_id: row.number for row in rows}


def speak_chunk(lease: Lease, place: Workplace) -> None:
    """Speak one chunk, unless an equal one has been spoken meanwhile; the last one readies the assembling."""
    revision = _load(place, lease)
    if revision is None:
        _finish_idle(place, lease)
        return
    chunk = Chunk.model_validate(lease.payload["chunk"])
    with place.database.reading() as session:
        take = find_takes(session, [chunk.key]).get(chunk.key)
    if take is None:
        with voice_errors():
            take = speak(chunk, place.speakers.get(revision.voice), place.storage)
    with place.database.writing() as session:
        # Also when it comes too late for this revision: what has been spoken once need not be spoken again.
        take = save_take(session, take, datetime.now(UTC))
        if not steps.finish(session, lease):
            return
        if revisions.chunk_spoken(session, revision.id, take.seconds) == 0:
            steps.ready_waiting(session, revision.id, StepKind.ASSEMBLE)
            row = session.get_one(RevisionRow, revision.id, populate_existing=True)
            revisions.move(row, RevisionState.ASSEMBLING, datetime.now(UTC))


def assemble(lease: Lease, place: Workplace) -> None:
    """Make the MP3 from the takes, or find the equal one, and record its publishing. A damaged take is spoken again."""
    revision = _load(place, lease)
    if revision is None:
        _finish_idle(place, lease)
        return
    show = Show.model_validate(revision.show)
    prepared = Prepared(
        Script.model_validate(revision.script),
        Narrator.model_validate(revision.narrator),
        tuple(Chunk.model_validate(chunk) for chunk in revision.chunks or ()),
    )
    with place.database.reading() as session:
        undated = first_seen(session, revision.versions or []).date()
    try:
        master = _master(place, prepared, show, undated)
    except TakeCorrupt as corrupt:
        if lease.postponed >= MAX_POSTPONED:
            raise  # a disk that damages whatever it is given
        _speak_again(place, lease, prepared, corrupt.keys)
        return
    now = datetime.now(UTC)
    with place.database.writing() as session:
        if not steps.finish(session, lease):
            return
        save_master(session, master, now)
        row = session.get_one(RevisionRow, revision.id)
        row.master_key = master.key
        state, following = pipeline.after_assemble(show, Queue(row.queue))
        if state is RevisionState.HELD:
            revisions.conclude(session, row, state, now)
        else:
            revisions.move(row, state, now)
        _record(session, row.id, following)


def _master(place: Workplace, prepared: Prepared, show: Show, undated: date) -> Master:
    keys = {chunk.key for chunk in prepared.chunks}
    with place.database.reading() as session:
        takes = find_takes(session, keys)
    if missing := keys - takes.keys():
        message = "takes are not stored"
        raise TakeCorrupt(message, keys=tuple(missing))
    voice = place.speakers.catalogue.get(prepared.narrator.voice)
    tags = tags_for(prepared, show, f"{voice.name} ({voice.engine})", undated)
    planned = programme(prepared, takes, show, tags, artwork.draw(show))
    return _stored_master(place, planned) or _produced(place, planned, takes)


def _stored_master(place: Workplace, planned: Programme) -> Master | None:
    with place.database.reading() as session:
        found = find_master(session, planned.key)
    return found if found is not None and place.storage.intact(found.sha256) else None


def _produced(place: Workplace, planned: Programme, takes: dict[str, Take]) -> Master:
    check_takes(takes, place.storage)
    return produce(planned, place.storage)


def _speak_again(place: Workplace, lease: Lease, prepared: Prepared, keys: Collection[str]) -> None:
    """Have the chunks of damaged takes spoken again, and the assembling wait for them."""
    online = place.speakers.get(prepared.narrator.voice).engine.capabilities.online
    with place.database.writing() as session:
        if not steps.wait_again(session, lease):
            return
        for key in keys:
            forget_take(session, key)
        row = session.get_one(RevisionRow, lease.revision_id)
        revisions.move(row, RevisionState.SPEAKING, datetime.now(UTC))
        row.chunks_left += len(keys)
        spoken = {chunk.key for chunk in prepared.chunks}.difference(keys)
        _, following = pipeline.after_prepare(prepared.chunks, spoken, Queue(row.queue), online=online)
        _record(session, row.id, [step for step in following if step.kind is StepKind.SPEAK])


def publish_revision(lease: Lease, place: Workplace) -> None:
    """Make the revision live and write the files that readers fetch."""
    revision = _load(place, lease)
    if revision is None:
        _finish_idle(place, lease)
        return
    with place.database.writing() as session:
        if steps.finish(session, lease):
            row = session.get_one(RevisionRow, lease.revision_id)
            publish(session, row, place.storage, place.files, datetime.now(UTC))


#: Kind -> task: what this version of the worker knows how to do.
TASKS: dict[StepKind, Task] = {
    StepKind.PREPARE: prepare,
    StepKind.SPEAK: speak_chunk,
    StepKind.ASSEMBLE: assemble,
    StepKind.PUBLISH: publish_revision,
}
