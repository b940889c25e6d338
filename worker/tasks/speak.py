"""The `speak` step: one chunk becomes a take."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from briefing import revisions, speaking, steps
from briefing.errors import EngineNotInstalled, NarratorAway
from briefing.failpoints import Failpoint, reach
from briefing.models import RevisionRow
from briefing.observing.measures import REALTIME_FACTOR, counted
from briefing.speech import Cast, Chunk
from briefing.states import ACTIVE, RevisionState, StepKind
from briefing.takes import find_take, save_take
from worker.running.engine_gates import outcome_noted
from worker.running.shift import finishing
from worker.speak import speak
from worker.takes.speakers import voice_errors
from worker.tasks.common import finish_idle

if TYPE_CHECKING:
    from briefing.audio import Take
    from briefing.speaking import Speaking
    from briefing.speech import Narrator
    from briefing.steps import Lease
    from worker.running.engine_gates import Passage
    from worker.workplace import Workplace


def speak_chunk(lease: Lease, place: Workplace) -> None:
    """Speak one chunk, unless an equal one has been spoken meanwhile; the last one readies the assembling."""
    with outcome_noted(lease, place) as passage:
        _speak_chunk(lease, place, passage)


def _speak_chunk(lease: Lease, place: Workplace, passage: Passage) -> None:
    assert lease.revision_id is not None
    chunk = Chunk.stored(lease.payload["chunk"])
    revision, take = _known(lease, place, chunk)
    if revision.state not in ACTIVE:
        finish_idle(place, lease)
        return
    if take is None:
        voice = chunk.voice or revision.voice
        _check_narrator(place, revision, voice)
        reach(Failpoint.SPEAK_BEFORE)
        passage.asked = True
        with voice_errors():
            speaker, begun = place.speakers.get(voice), time.monotonic()
            take = speak(chunk, speaker, place.storage)
            counted.observe(REALTIME_FACTOR, (time.monotonic() - begun) / take.seconds, speaker.voice.engine)
        reach(Failpoint.SPEAK_STORED)
    with finishing(lease, place) as session:
        # Also when it comes too late for this revision: what has been spoken once need not be spoken again.
        take = save_take(session, take, datetime.now(UTC))
        # Counted before it is known whether the step is held still, since that locks the revision, as has to be first.
        left = speaking.count_spoken(session, lease.revision_id, 1, take.seconds)
        if not steps.finish(session, lease):
            speaking.count_spoken(session, lease.revision_id, -1, -take.seconds)
            return
        if lease.attempts > 1:
            steps.let_go(session, lease.revision_id)
        if lease.payload.get("streams"):
            steps.ready_waiting(session, lease.revision_id, StepKind.STREAM)
        if left == 0:
            steps.ready_waiting(session, lease.revision_id, StepKind.ASSEMBLE)
            row = session.get_one(RevisionRow, lease.revision_id)
            revisions.move(row, RevisionState.ASSEMBLING, datetime.now(UTC))
        reach(Failpoint.SPEAK_BEFORE_COMMIT)
    reach(Failpoint.SPEAK_AFTER_COMMIT)


def _known(lease: Lease, place: Workplace, chunk: Chunk) -> tuple[Speaking, Take | None]:
    """Return what the chunk needs to know of its revision, and an equal take where there is one."""
    if lease.speaking is not None:
        return lease.speaking, None
    assert lease.revision_id is not None
    with place.database.reading() as session:
        return speaking.look(session, lease.revision_id), find_take(session, chunk.key)


def _check_narrator(place: Workplace, revision: Speaking, voice: str) -> None:
    """Raise NarratorAway where this worker's engine or model is not the one the revision pinned for `voice`, or is not
    installed: its take would stand under the pinned one's key, and among takes of it (one narrator a briefing).
    """
    if revision.cast is None:
        return
    pinned = next((narrator for narrator in Cast.stored(revision.cast).narrators if narrator.voice == voice), None)
    if pinned is None:
        return
    try:
        here = place.speakers.narrator(voice)
    except EngineNotInstalled as error:
        # Whoever pinned it had it, and others may have it still.
        message = f"{voice!r} is pinned as {_engine(pinned)}; this worker has none: {error.message}"
        raise NarratorAway(message, wait_s=place.work.narrator_wait_s) from error
    if pinned != here:
        message = f"{voice!r} is pinned as {_engine(pinned)}; this worker has {_engine(here)}"
        raise NarratorAway(message, wait_s=place.work.narrator_wait_s)


def _engine(narrator: Narrator) -> str:
    return f"{narrator.engine} {narrator.engine_version} {narrator.model_digest[:8]}".strip()
