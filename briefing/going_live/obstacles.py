"""What stands in the way of a finished revision: found in one place, whoever asks, the assembling, the step that
publishes, an editor, the API that tells it.

Changes nothing; what becomes of it is `briefing.going_live.editions`'s. What may never be spoken is
`briefing.pronunciations.never_speak`'s.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal

from briefing.going_live.holds import embargo, is_unpublished, show_of
from briefing.podcasts.show import Show
from briefing.pronunciations.never_speak import find, texts_of
from briefing.values import Value

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from briefing.models import BriefingRow, RevisionRow

#: What stands in the way of a finished revision. Those of `FORBIDS` do so whatever an editor says.
Reason = Literal["conflict", "never_speak", "sign_off", "embargo", "unpublished", "schedule", "editor", "show"]
FORBIDS: frozenset[Reason] = frozenset({"conflict", "never_speak", "sign_off", "embargo", "unpublished"})


class Obstacle(Value):
    """One thing that a finished revision waits for."""

    reason: Reason
    until: datetime | None = None
    """When it is over by itself; None where somebody has to do something."""
    by: str | None = None
    """Who said so."""


def obstacles(session: Session, briefing: BriefingRow, revision: RevisionRow, now: datetime) -> list[Obstacle]:
    """Return all that keeps a revision from going live once it is finished; nothing where it goes live by itself."""
    found = [*forbidden(session, briefing, revision, now), *said(briefing, now)]
    # A time that was set is an editor's word to publish then.
    if briefing.scheduled_at is None and Show.stored(revision.show).publish == "hold":
        found.append(Obstacle(reason="show"))
    return found


def said(briefing: BriefingRow, now: datetime) -> list[Obstacle]:
    """Return what editors have said that a briefing's next edition waits for, whichever revision that will be. It
    stands where what was being made has failed, or brought nothing new: whoever held it still wants to look first.
    """
    found = []
    if briefing.scheduled_at is not None and briefing.scheduled_at > now:
        found.append(Obstacle(reason="schedule", until=briefing.scheduled_at, by=briefing.scheduled_by))
    if briefing.held_at is not None:
        found.append(Obstacle(reason="editor", by=briefing.held_by))
    return found


def forbidden(session: Session, briefing: BriefingRow, revision: RevisionRow, now: datetime) -> list[Obstacle]:
    """Return what forbids a revision to go live whatever an editor says."""
    found = []
    if revision.conflicts:
        # It has no audio yet: an editor settles them first.
        found.append(Obstacle(reason="conflict"))
    show = show_of(session, briefing)
    if show.never_speak and find(show.never_speak, texts_of(revision.script, revision.card, revision.preview_card)):
        found.append(Obstacle(reason="never_speak"))
    if show.sign_off and revision.approved_at is None:
        found.append(Obstacle(reason="sign_off"))
    until = embargo(session, briefing)
    if until is not None and until > now:
        found.append(Obstacle(reason="embargo", until=until))
    if is_unpublished(session, briefing):
        found.append(Obstacle(reason="unpublished"))
    return found
