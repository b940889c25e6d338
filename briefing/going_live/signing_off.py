"""Two-person sign-off: who has had a hand in an edition, so that somebody else approves it.

Goes by the audit rows since what is live was made: whoever asked for it, saved it, edited it or had it made again. An
action that is not known to leave the words alone counts as having a hand in it. Identity is the user or API key, by its
ID and by its name, since a renewed key is the same person; names that look alike are one. What was done by a link was
done by whoever made it, and by whom it was made for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, func, or_, select, tuple_
from sqlalchemy.orm import aliased

from briefing.accounts.audit import Action
from briefing.accounts.people import plain_name
from briefing.models import ActionLinkRow, AuditRow, BriefingRow, RevisionRow

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session

    from briefing.accounts.keys import Caller

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

#: What is to be approved, and what is live meanwhile.
_finished, _heard = aliased(RevisionRow), aliased(RevisionRow)


def may_approve(session: Session, briefing: BriefingRow, revision: RevisionRow, approver: Caller) -> bool:
    """Tell whether `approver` is somebody other than who had a hand in a revision."""
    return not with_a_hand(session, [(briefing.id, revision.number)], approver)


def with_a_hand(session: Session, editions: Collection[tuple[str, int]], person: Caller) -> frozenset[str]:
    """Return those briefings of `editions`, each with the number of its revision, in which `person` had a hand: by
    three statements, however many there are.
    """
    if not editions:
        return frozenset()
    mine = tuple_(_finished.briefing_id, _finished.number).in_(sorted(editions))
    since = func.coalesce(_heard.number, 0)
    finished = (
        select(_finished.briefing_id)
        .join(BriefingRow, BriefingRow.id == _finished.briefing_id)
        # As `BriefingRow.heard`.
        .outerjoin(_heard, _heard.id == func.coalesce(BriefingRow.live_revision, BriefingRow.members_revision))
        .where(mine)
    )
    made = (
        finished.join(AuditRow, AuditRow.briefing_id == _finished.briefing_id)
        .add_columns(AuditRow.key_id, AuditRow.by)
        .where(
            AuditRow.action.not_in(_NO_HAND_IN_IT),
            or_(
                and_(AuditRow.revision > since, AuditRow.revision <= _finished.number),
                # What names no revision, at any time since it was asked for.
                and_(AuditRow.revision.is_(None), AuditRow.at >= _finished.created_at),
            ),
        )
    )
    asked = (
        finished.join(RevisionRow, RevisionRow.briefing_id == _finished.briefing_id)
        .add_columns(RevisionRow.requester, RevisionRow.requested_by)
        .where(RevisionRow.number > since, RevisionRow.number <= _finished.number)
    )
    people = {tuple(row) for statement in (made, asked) for row in session.execute(statement)}
    links = _behind_links(session, {key_id for _, key_id, _ in people if key_id})
    name = plain_name(person.name)
    return frozenset(
        briefing
        for briefing, key_id, by in people
        if person.key_id == key_id or name == plain_name(by) or name in links.get(key_id, ())
    )


def _behind_links(session: Session, ids: Collection[str]) -> dict[str, set[str]]:
    """Return who made those of `ids` that are links, and for whom, as names are compared, by the link's ID."""
    links = select(ActionLinkRow.id, ActionLinkRow.made_by, ActionLinkRow.recipient).where(ActionLinkRow.id.in_(ids))
    return {link: {plain_name(maker), plain_name(recipient)} for link, maker, recipient in session.execute(links)}
