"""The `speak` step: one chunk becomes a take."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from briefing import revisions, steps
from briefing.models import RevisionRow
from briefing.speech import Chunk
from briefing.states import ACTIVE, RevisionState, StepKind
from briefing.takes import find_take, save_take
from worker.speak import speak
from worker.speakers import voice_errors
from worker.tasks.common import finish_idle

if TYPE_CHECKING:
    from briefing.steps import Lease
    from worker.workplace import Workplace


def speak_chunk(lease: Lease, place: Workplace) -> None:
    """Speak one chunk, unless an equal one has been spoken meanwhile; the last one readies the assembling."""
    assert lease.revision_id is not None
    chunk = Chunk.model_validate(lease.payload["chunk"])
    with place.database.reading() as session:
        state, voice = revisions.state_and_voice(session, lease.revision_id)
        take = find_take(session, chunk.key)
    if state not in ACTIVE:
        finish_idle(place, lease)
        return
    if take is None:
        with voice_errors():
            take = speak(chunk, place.speakers.get(chunk.voice or voice), place.storage)
    with place.database.writing() as session:
        # Also when it comes too late for this revision: what has been spoken once need not be spoken again.
        take = save_take(session, take, datetime.now(UTC))
        revisions.lock(session, lease.revision_id)
        if not steps.finish(session, lease):
            return
        if revisions.chunk_spoken(session, lease.revision_id, take.seconds) == 0:
            steps.ready_waiting(session, lease.revision_id, StepKind.ASSEMBLE)
            row = session.get_one(RevisionRow, lease.revision_id)
            revisions.move(row, RevisionState.ASSEMBLING, datetime.now(UTC))
