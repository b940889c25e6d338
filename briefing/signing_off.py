"""Two-person sign-off: who has had a hand in an edition, so that somebody else approves it.

Goes by the audit rows since what is live was made: whoever asked for it, saved it, edited it or had it made again. An
action that is not known to leave the words alone counts as having a hand in it. Identity is the API key, by its ID and
by its name, since a renewed key is the same person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select

from briefing.audit import Action
from briefing.models import AuditRow, RevisionRow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from briefing.keys import Caller
    from briefing.models import BriefingRow

#: What changes no word and no sound of an edition.
_NO_HAND_IN_IT = [
    action.value
    for action in (
        Action.PUBLISH,
        Action.HOLD,
        Action.UNHOLD,
        Action.SCHEDULE,
        Action.UNSCHEDULE,
        Action.APPROVE,
        Action.RETRACT,
        Action.VISIBILITY,
    )
]


def may_approve(session: Session, briefing: BriefingRow, revision: RevisionRow, approver: Caller) -> bool:
    """Tell whether `approver` is somebody other than who had a hand in a revision."""
    heard = session.get(RevisionRow, briefing.heard) if briefing.heard else None
    since = heard.number if heard else 0
    made = session.execute(
        select(AuditRow.key_id, AuditRow.by).where(
            AuditRow.briefing_id == briefing.id,
            AuditRow.action.not_in(_NO_HAND_IN_IT),
            or_(
                and_(AuditRow.revision > since, AuditRow.revision <= revision.number),
                # What names no revision, at any time since it was asked for.
                and_(AuditRow.revision.is_(None), AuditRow.at >= revision.created_at),
            ),
        )
    ).all()
    hands = select(RevisionRow.requester, RevisionRow.requested_by).where(
        RevisionRow.briefing_id == briefing.id, RevisionRow.number > since, RevisionRow.number <= revision.number
    )
    people = [*made, *session.execute(hands).all()]
    return all(key_id != approver.key_id and name != approver.name for key_id, name in people)
