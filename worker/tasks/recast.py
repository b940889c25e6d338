"""The `recast` step: the script is cut anew for the fallback of a voice that could not speak it.

The words stay as they were prepared: nothing is fetched, cleaned or normalised again.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from briefing import revisions, steps
from briefing.failpoints import Failpoint, reach
from briefing.podcasts.show import Show
from briefing.script import Role, Script
from briefing.speech import Fallback
from worker.prepare import cut
from worker.takes.casting import engage
from worker.tasks.common import finish_idle, load_active, save_chunks, variations
from worker.words.overriding import own_voices

if TYPE_CHECKING:
    from briefing.steps import Lease
    from worker.workplace import Workplace


def recast_revision(lease: Lease, place: Workplace) -> None:
    """Cut the script for the voices that are left, and record a step for each chunk that has no take of theirs."""
    revision = load_active(place, lease)
    if revision is None:
        finish_idle(place, lease)
        return
    fallbacks = [Fallback.stored(entry) for entry in revision.fallbacks]
    allowed = Show.stored(revision.show).fallback
    script = Script.stored(revision.script)
    transitions = any(segment.role is Role.TRANSITION for segment in script.segments)
    casting = revisions.casting_of(revision)
    own = own_voices(script)
    engaged = engage(casting, place.speakers, fallbacks, allowed=allowed, own=own, transitions=transitions)
    prepared = cut(
        script,
        engaged.cast,
        engaged.engines,
        variations(place, revision.briefing_id),
        place.limits,
    )
    with place.database.writing() as session:
        row = revisions.locked(session, revision.id)
        if steps.finish(session, lease):
            save_chunks(session, place, row, prepared, engaged, datetime.now(UTC), asked=True)
            reach(Failpoint.RECAST_BEFORE_COMMIT)
