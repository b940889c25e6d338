"""Corrections under way: from which revision on a briefing has what was corrected, so that what goes live until then,
and it, take away what was wrong.

Records no work (`briefing.asking`, `regenerating`) and moves no file (`worker.publish`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefing import access, steps
from briefing.revisions import newest_revision
from briefing.states import ACTIVE, PREPARING, RevisionState

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from briefing.models import BriefingRow, RevisionRow
    from briefing.values import Correction


def begin(session: Session, briefing: BriefingRow, correction: Correction | None) -> int | None:
    """Note that what is to go live of a locked briefing corrects what is; before any lane is locked. Return from which
    number on it did before.
    """
    before, newest = briefing.corrects_from, newest_revision(session, briefing.id)
    if correction is not None:
        briefing.correction = correction.model_dump(mode="json")
    briefing.corrects_from = max((newest.number if newest else 0) + 1, before or 0)
    session.flush()
    access.tell(session, briefing)
    return before


def settle(session: Session, briefing: BriefingRow, revision: RevisionRow, before: int | None) -> None:
    """Note which revision has what was corrected: the one asked for, or the one that looks once more after it."""
    if RevisionState(revision.state) in ACTIVE:
        late = revision.asked_again and steps.has_begun(session, revision.id, PREPARING)
        briefing.corrects_from = max(revision.number + int(late), before or 0)
    else:
        briefing.corrects_from = before
    session.flush()
