"""The `speak` step: one chunk becomes a take."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from briefing import revisions, steps
from briefing.errors import NarratorAway
from briefing.failpoints import Failpoint, reach
from briefing.measures import REALTIME_FACTOR, counted
from briefing.models import RevisionRow
from briefing.speech import Cast, Chunk
from briefing.states import RevisionState, StepKind
from briefing.takes import find_takes, save_take
from worker.speak import speak
from worker.speakers import voice_errors
from worker.tasks.common import finish_idle, load_active

if TYPE_CHECKING:
    from briefing.speech import Narrator
    from briefing.steps import Lease
    from worker.workplace import Workplace


def speak_chunk(lease: Lease, place: Workplace) -> None:
    """Speak one chunk, unless an equal one has been spoken meanwhile; the last one readies the assembling."""
    revision = load_active(place, lease)
    if revision is None:
        finish_idle(place, lease)
        return
    chunk = Chunk.stored(lease.payload["chunk"])
    with place.database.reading() as session:
        take = find_takes(session, [chunk.key]).get(chunk.key)
    if take is None:
        voice = chunk.voice or revision.voice
        _check_narrator(place, revision, voice)
        reach(Failpoint.SPEAK_BEFORE)
        with voice_errors():
            speaker, begun = place.speakers.get(voice), time.monotonic()
            take = speak(chunk, speaker, place.storage)
            counted.observe(REALTIME_FACTOR, (time.monotonic() - begun) / take.seconds, speaker.voice.engine)
        reach(Failpoint.SPEAK_STORED)
    with place.database.writing() as session:
        # Also when it comes too late for this revision: what has been spoken once need not be spoken again.
        take = save_take(session, take, datetime.now(UTC))
        revisions.locked(session, revision.id)
        if not steps.finish(session, lease):
            return
        if revisions.chunk_spoken(session, revision.id, take.seconds) == 0:
            steps.ready_waiting(session, revision.id, StepKind.ASSEMBLE)
            row = session.get_one(RevisionRow, revision.id, populate_existing=True)
            revisions.move(row, RevisionState.ASSEMBLING, datetime.now(UTC))
        reach(Failpoint.SPEAK_BEFORE_COMMIT)
    reach(Failpoint.SPEAK_AFTER_COMMIT)


def _check_narrator(place: Workplace, revision: RevisionRow, voice: str) -> None:
    """Raise NarratorAway where this worker's engine or model is not the one the revision pinned for `voice`: its take
    would stand under the pinned one's key, and among takes of it (one narrator a briefing).
    """
    if revision.cast is None:
        return
    pinned = next((narrator for narrator in Cast.stored(revision.cast).narrators if narrator.voice == voice), None)
    here = place.speakers.narrator(voice)
    if pinned is not None and pinned != here:
        message = f"{voice!r} is pinned as {_engine(pinned)}; this worker has {_engine(here)}"
        raise NarratorAway(message, wait_s=place.work.narrator_wait_s)


def _engine(narrator: Narrator) -> str:
    return f"{narrator.engine} {narrator.engine_version} {narrator.model_digest[:8]}".strip()
