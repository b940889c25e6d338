"""Steps that come again after they were given up: what they do must be done, whoever died of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefing.database import clock_s
from briefing.observing import events
from briefing.states import Queue, StepKind
from briefing.steps.records import record

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from briefing.models import StepRow

#: In the payload of what was given up: the ID of the step by which it comes again.
NEXT = "next"

#: Seconds until what workers died of is tried again, at first and at most.
_FIRST_S, _LONGEST_S = 60.0, 3600.0


def tries_of(step: StepRow) -> int:
    """Return how often what a step does was given up before it was recorded."""
    return int(step.payload.get("tries", 0))


def look_again_later(session: Session, step: StepRow) -> None:
    """Have what a step that was given up should have done done again: later each time, an hour at most. Needs a writing
    session.
    """
    tries = tries_of(step) + 1
    pause_s = min(_LONGEST_S, _FIRST_S * 2.0 ** min(tries - 1, 10))
    events.note(session, "looked at again later", kind=step.kind, step=step.id, tries=tries, pause_s=pause_s)
    clock = clock_s(session)
    again = record(
        session,
        StepKind(step.kind),
        Queue(step.queue),
        revision_id=step.revision_id,
        payload=step.payload | {"tries": tries},
        rank=step.rank,
        not_before=clock + pause_s,
    )
    session.flush()
    note_next(step, again)


def note_next(step: StepRow, again: StepRow) -> None:
    """Note of a step that was given up by which other one it comes again. Needs its session, a writing one."""
    step.payload = step.payload | {NEXT: again.id}
