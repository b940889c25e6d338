"""Two-person sign-off: who has had a hand in an edition, so that somebody else approves it.

Goes by the audit rows since what is live was made: whoever asked for it, saved it, edited it or had it made again. An
action that is not known to leave the words alone counts as having a hand in it. Identity is the user or API key, by its
ID and by its name, since a renewed key is the same person; names that look alike are one. What was done by a link was
done by whoever made it, and by whom it was made for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select

from briefing.audit import Action
from briefing.models import ActionLinkRow, AuditRow, RevisionRow
from briefing.people import plain_name

if TYPE_CHECKING:
    from collections.abc import Collection

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
        Action.PICK,
        Action.UNPICK,
        Action.REPORT_CLOSE,
        Action.LINK_MAKE,
        Action.LINK_END,
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
    people = {(key_id, name) for key_id, name in (*made, *session.execute(hands).all())}
    ids = {key_id for key_id, _ in people if key_id}
    names = {plain_name(name) for _, name in people} | _behind_links(session, ids)
    return approver.key_id not in ids and plain_name(approver.name) not in names


def _behind_links(session: Session, ids: Collection[str]) -> set[str]:
    """Return who made those of `ids` that are links, and for whom, as names are compared."""
    links = select(ActionLinkRow.made_by, ActionLinkRow.recipient).where(ActionLinkRow.id.in_(ids))
    return {plain_name(name) for row in session.execute(links) for name in row}
