"""A publishing that was cut short, of a revision that does not go live after all: what readers may have of it by then
is to be taken back.

Files are written before the transaction that makes a revision live, and a crash undoes the rows alone. As long as it is
tried again that is mended by the retry; here it is asked for where there is none. Moves no file
(`worker.public.cut_short`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefing import steps
from briefing.states import Queue, StepKind

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from briefing.models import RevisionRow

#: The kinds of step that publish.
PUBLISHING = (StepKind.PUBLISH, StepKind.RELEASE, StepKind.LAUNCH)


def take_back(session: Session, revision: RevisionRow) -> None:
    """Have a step see to it that nothing of a revision that is not live is public. Needs a writing session.

    Of no revision by its row: nobody cancels it who cancels what the revision has still to do.
    """
    told = {"briefing": revision.briefing_id, "left": revision.id}
    steps.record(session, StepKind.PLACE, Queue.INTERACTIVE, payload=told)


def take_back_if_begun(session: Session, revision: RevisionRow) -> None:
    """The same where a step that publishes it has been taken up and is unfinished: before it is cancelled."""
    if steps.was_taken_up(session, revision.id, PUBLISHING):
        take_back(session, revision)
