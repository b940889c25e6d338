"""An earlier revision's audio is heard again: as a new revision with its script, takes and master. Speaks and encodes
nothing, and moves no pointer: that is for publishing, which only goes up.

Overrides stay as they are: the next rebuild applies them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from briefing import steps
from briefing.digesting.digest import DIGEST
from briefing.errors import RollbackRefused, UnknownReference
from briefing.going_live import access
from briefing.going_live.editions import heed_hold, publishing_kind
from briefing.going_live.holds import CORRECTION, forget
from briefing.going_live.withdrawals import withdrawn
from briefing.models import MasterRow, RevisionRow
from briefing.observing import events
from briefing.podcasts.show import Show
from briefing.requesting.ranks import lane_of, next_rank
from briefing.revisions import lock_briefing, supersede_unfinished
from briefing.states import Queue, RevisionState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from briefing.models import BriefingRow
    from briefing.revisions import Asker

#: What a new revision takes over of the earlier one: all that is heard and said of it.
_KEPT = (
    "voice", "voices", "cast", "fallbacks", "script", "card", "versions", "chunks", "chunks_total", "spoken_s",
    "master_key",
)  # fmt: skip


def roll_back(session: Session, briefing_id: str, number: int, asker: Asker, now: datetime) -> RevisionRow:
    """Return the revision that brings the audio of revision `number` back, about to be published. What waited to go
    live gives way to it, its time too.

    Needs a writing session. Raises UnknownReference for a revision that there is not, RollbackRefused for one whose
    audio is live, was never public, was let go, corrected or withdrawn, or is for members, and for a digest's;
    HoldStands where a colleague holds the briefing.
    """
    briefing = lock_briefing(session, briefing_id)
    earlier = session.scalars(
        select(RevisionRow).where(RevisionRow.briefing_id == briefing_id, RevisionRow.number == number)
    ).first()
    if earlier is None:
        message = f"the briefing has no revision {number}"
        raise UnknownReference(message, code="unknown_revision")
    _check(session, briefing, earlier)
    heed_hold(briefing, asker.name)
    forget(briefing)
    last = session.scalars(select(func.max(RevisionRow.number)).where(RevisionRow.briefing_id == briefing_id)).one()
    supersede_unfinished(session, briefing_id, last + 1, now)
    revision = RevisionRow(
        **{name: getattr(earlier, name) for name in _KEPT},
        briefing_id=briefing_id,
        number=last + 1,
        state=RevisionState.PUBLISHING.value,
        queue=Queue.INTERACTIVE.value,
        request={"refetch": False, "segments": [], "rollback": number},
        show=_show(session, briefing, earlier),
        requested_by=asker.name,
        requester=asker.key_id,
        rank=next_rank(session, Queue.INTERACTIVE, lane_of(asker.key_id or asker.name, briefing.show)),
        created_at=now,
        prepared_at=now,
        chunks_reused=earlier.chunks_total,
    )
    session.add(revision)
    session.flush()
    # Not by a kind that workers of before take, where they would publish what waits for somebody's word.
    kind = publishing_kind(session, briefing)
    steps.record(session, kind, Queue.INTERACTIVE, revision_id=revision.id, rank=revision.rank)
    session.flush()
    told = {"briefing": briefing_id, "revision": revision.id, "number": revision.number}
    events.note(session, "revision rolled back", **told, to=number)
    return revision


def refusal(session: Session, briefing: BriefingRow, earlier: RevisionRow) -> str:
    """Return why an earlier revision's audio cannot be heard again, empty where it can."""
    return refusals(session, briefing, [earlier])[earlier.number]


def refusals(session: Session, briefing: BriefingRow, revisions: Sequence[RevisionRow]) -> dict[int, str]:
    """Return the same of several revisions of a briefing, by number."""
    members = access.for_members(session, briefing)
    gone, wrong = _last(session, briefing, withdrawn()), _corrected(session, briefing)
    keys = [row.master_key for row in revisions if row.master_key]
    masters = set(session.scalars(select(MasterRow.key).where(MasterRow.key.in_(keys))))

    def reason(earlier: RevisionRow) -> str:
        superseded = earlier.state == RevisionState.SUPERSEDED.value
        reasons = {
            # A story that an earlier issue tells may be withdrawn since, or be for others.
            "a digest says what its stories say": briefing.kind == DIGEST,
            "it is live": briefing.heard == earlier.id,
            "it is, or was, for members": members or Show.stored(earlier.show).visibility == access.MEMBERS,
            "it was withdrawn": earlier.number <= gone,
            "what is wrong in it was corrected, or is being corrected": earlier.number < wrong,
            "its audio was let go": earlier.let_go_at is not None,
            "readers never heard it": earlier.audio_sha256 is None or not superseded,
            "its audio is gone": earlier.master_key not in masters,
        }
        return next((reason for reason, counts in reasons.items() if counts), "")

    return {row.number: reason(row) for row in revisions}


def _last(session: Session, briefing: BriefingRow, which: ColumnElement[bool]) -> int:
    """Return the number of a briefing's last revision of those, 0 for none."""
    numbers = select(func.max(RevisionRow.number)).where(RevisionRow.briefing_id == briefing.id, which)
    return session.scalar(numbers) or 0


def _corrected(session: Session, briefing: BriefingRow) -> int:
    """Return the number before which nothing may be heard again: of the last correction, or of the one under way.
    Nobody knows how far back what is wrong was said.
    """
    return max(_last(session, briefing, RevisionRow.replaces == CORRECTION), briefing.corrects_from or 0)


def _check(session: Session, briefing: BriefingRow, earlier: RevisionRow) -> None:
    reason = refusal(session, briefing, earlier)
    if reason:
        message = f"revision {earlier.number} cannot be heard again: {reason}"
        raise RollbackRefused(message)


def _show(session: Session, briefing: BriefingRow, earlier: RevisionRow) -> dict[str, object]:
    """Return the show's settings as the earlier revision has them, but for whom it is for and how it is published."""
    kept = {"visibility", "publish", "publish_to_members", "publish_then"}
    settings = access.settings_for(session, briefing)
    own = {name: value for name, value in earlier.show.items() if name not in kept}
    return own | {name: value for name, value in settings.items() if name in kept}
