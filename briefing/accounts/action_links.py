"""Links that let whoever was sent one do one thing to one briefing, without signing in: made, found, used up, ended.

A link holds 32 random bytes, of which the hash is kept; it says for whom it was made, and what is done by it is written
down in that name. Does nothing itself.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import select

from briefing.accounts.keys import Caller, Scope
from briefing.accounts.users import digest
from briefing.limits import KeyLimits
from briefing.models import ActionLinkRow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

#: How long a link holds, unless something else is said, and at most.
LASTS, LONGEST = timedelta(hours=72), timedelta(days=30)

#: Characters of a recipient's name that are kept.
MOST_RECIPIENT = 100

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


class LinkAction(StrEnum):
    """The one thing a link is for. All of them let listen."""

    LISTEN = "listen"
    FIX = "fix"
    """Say a word or a paragraph otherwise."""
    RESPEAK = "respeak"
    """Have a paragraph spoken anew."""
    WITHDRAW = "withdraw"


_SCOPES = {
    LinkAction.LISTEN: Scope.READ,
    LinkAction.FIX: Scope.GENERATE,
    LinkAction.RESPEAK: Scope.GENERATE,
    LinkAction.WITHDRAW: Scope.PUBLISH,
}

#: What is done once, and then not by the same link again.
ONCE = frozenset({LinkAction.WITHDRAW})


@dataclass(frozen=True)
class ActionLink:
    """A link, without its secret."""

    id: str
    briefing: str
    action: LinkAction
    recipient: str
    made_by: str
    created_at: datetime
    ends_at: datetime
    used_at: datetime | None
    limits: KeyLimits = field(default_factory=KeyLimits)
    """Of what is done by it."""

    @property
    def caller(self) -> Caller:
        """Who acts by it, as audit rows name them."""
        return Caller(
            self.id, f"{self.recipient} (by link)", frozenset({Scope.READ, _SCOPES[self.action]}), self.limits
        )

    def is_over(self, now: datetime) -> bool:
        """Tell whether it opens nothing any more."""
        return now >= self.ends_at or (self.used_at is not None and self.action in ONCE)


def demanded(action: LinkAction) -> Scope:
    """Return what whoever makes a link must be allowed to do."""
    return _SCOPES[action]


def make(  # noqa: PLR0913  what a link has
    session: Session,
    briefing_id: str,
    action: LinkAction,
    recipient: str,
    made_by: str,
    now: datetime,
    lasts: timedelta = LASTS,
) -> tuple[ActionLink, str]:
    """Record a link and return it with its secret, which cannot be shown again. Needs a writing session."""
    secret = secrets.token_urlsafe(32)
    row = ActionLinkRow(
        id=f"l{secrets.token_hex(4)[:7]}",
        secret_sha256=digest(secret),
        briefing_id=briefing_id,
        action=action.value,
        recipient=recipient[:MOST_RECIPIENT],
        made_by=made_by[:128],
        created_at=now,
        ends_at=now + min(lasts, LONGEST),
    )
    session.add(row)
    session.flush()
    return _told(row), secret


def path_of(secret: str) -> str:
    """Return a link's address below ours, without a leading slash."""
    return f"desk/act/{secret}"


def find(session: Session, secret: str) -> ActionLink | None:
    """Return the link of that secret, those that are over too; None where there is none."""
    if not _SECRET.fullmatch(secret):
        return None
    row = session.scalars(select(ActionLinkRow).where(ActionLinkRow.secret_sha256 == digest(secret))).one_or_none()
    return _told(row) if row is not None else None


def listed(session: Session, briefing_id: str, most: int) -> list[ActionLink]:
    """Return a briefing's links, the newest first."""
    mine = select(ActionLinkRow).where(ActionLinkRow.briefing_id == briefing_id)
    return [_told(row) for row in session.scalars(mine.order_by(ActionLinkRow.created_at.desc()).limit(most))]


def use(session: Session, link_id: str, now: datetime) -> bool:
    """Note that a link was used; False where it is over, so that of two who use one at once one does. Needs writing."""
    row = session.get(ActionLinkRow, link_id, with_for_update=True, populate_existing=True)
    if row is None or _told(row).is_over(now):
        return False
    row.used_at = now
    return True


def unuse(session: Session, link_id: str) -> None:
    """Forget that a link was used, as when what it was for did not come about. Needs a writing session."""
    session.get_one(ActionLinkRow, link_id).used_at = None


def end(session: Session, briefing_id: str, link_id: str, now: datetime) -> bool:
    """End a briefing's link; False where it has none of that ID. Needs a writing session."""
    row = session.get(ActionLinkRow, link_id)
    if row is None or row.briefing_id != briefing_id:
        return False
    row.ends_at = min(row.ends_at, now)
    return True


def _told(row: ActionLinkRow) -> ActionLink:
    return ActionLink(
        row.id,
        row.briefing_id,
        LinkAction(row.action),
        row.recipient,
        row.made_by,
        row.created_at,
        row.ends_at,
        row.used_at,
    )
