"""Corrections under way: from which revision on a briefing has what was corrected, so that what goes live until then,
and it, take away what was wrong.

Records no work (`briefing.requesting.asking`, `regenerating`) and moves no file (`worker.publish`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefing import steps
from briefing.going_live import access
from briefing.revisions import newest_revision
from briefing.states import ACTIVE, PREPARING, RevisionState
from briefing.values import Correction

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from briefing.following.sightings import Corrected
    from briefing.models import BriefingRow, RevisionRow
    from briefing.podcasts.show import Show


def begin(session: Session, briefing: BriefingRow, correction: Correction | None) -> int | None:
    """Note that what is to go live of a locked briefing corrects what is; before any lane is locked. Return from which
    number on it did before.
    """
    before, newest = briefing.corrects_from, newest_revision(session, briefing.id)
    if correction is not None:
        told = correction.model_dump(mode="json")
        # An editor's correction does not make another one of what the CMS goes on saying.
        briefing.correction = told | {"said": told["said"] or (briefing.correction or {}).get("said")}
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


def is_known(briefing: BriefingRow | None, said: Corrected) -> bool:
    """Tell whether a CMS has gone on saying this of a briefing since it was noted: then it is no other correction."""
    return briefing is not None and (briefing.correction or {}).get("said") == said.mark


def is_said(briefing: BriefingRow) -> bool:
    """Tell whether its CMS has said of a briefing that it is corrected, and said nothing else since."""
    return bool((briefing.correction or {}).get("said"))


def of_cms(said: Corrected, show: Show, now: datetime, *, heard: bool) -> Correction:
    """Return what a CMS says as it is kept: made today by the show's clock, where it names no day; told of then only
    where something was `heard` before.
    """
    silent = not heard and said.at is None
    return Correction(at=said.at or show.day_of(now), note=said.note, said=said.mark, silent=silent)


def said_no_more(briefing: BriefingRow) -> None:
    """Note that its CMS says nothing of a correction any more, so that it may say it again. The correction stays with
    the story. Needs the briefing locked.
    """
    if is_said(briefing):
        briefing.correction = {**(briefing.correction or {}), "said": None}
