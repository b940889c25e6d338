"""Links that act, for whom a notice goes to: which of them make sense for a briefing, and made. Sends nothing.

An address that the operator set is trusted with what its setting names, for some hours, in the address' own name: a
link opens a page whose button does the one thing, without signing in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, select

from briefing.accounts import action_links, audit
from briefing.accounts.action_links import LinkAction
from briefing.accounts.audit import Action
from briefing.going_live.withdrawals import withdrawn
from briefing.models import BriefingRow, RevisionRow
from briefing.podcasts.shows import listed_shows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import InstrumentedAttribute, Session

    from briefing.settings import NoticeSettings
    from worker.notices.wording import Notice

#: Who made them, in the audit and on their pages. No user's name has capitals.
MADE_BY = "Briefcast notices"

#: Briefings of one message for which links are made: a flood is seen to at the desk.
MOST_LINKED = 5

#: Under which key of its payload a step notes the links of the message it is about to send, as `end` takes them.
LINKS = "links"

#: What puts words into somebody's mouth: not where a second person has to approve, as an address may be many people's.
_CHANGING = frozenset({LinkAction.FIX, LinkAction.RESPEAK})


@dataclass(frozen=True)
class Made:
    """What was made for a message."""

    notices: tuple[Notice, ...]
    """With their links."""
    links: tuple[tuple[str, str], ...] = ()
    """Briefing and link ID of each."""


def linked(
    session: Session, notices: tuple[Notice, ...], recipient: str, settings: NoticeSettings, base: str, now: datetime
) -> Made:
    """Make the links of a message to `recipient`, at the public address `base`. Needs a writing session."""
    if not settings.actions or len(notices) > MOST_LINKED:
        return Made(notices)
    shows, lasts = listed_shows(session), timedelta(hours=settings.links_hours)
    told, made = [], []
    for one in notices:
        row = session.get_one(BriefingRow, one.briefing)
        signed_off = row.show in shows and shows[row.show].sign_off
        addresses: dict[str, str] = {}
        for action in _sensible(session, row, settings.actions, signed_off=signed_off):
            link, secret = action_links.make(session, row.id, action, recipient, MADE_BY, now, lasts)
            detail = f"{link.id} {action.value} for {link.recipient}"
            audit.record(session, now, Action.LINK_MAKE, None, briefing=row.id, detail=detail, by=MADE_BY)
            addresses[action.value] = f"{base}/{action_links.path_of(secret)}"
            made.append((row.id, link.id))
        ends = (now + lasts).isoformat(timespec="minutes") if addresses else None
        told.append(replace(one, links=addresses, links_end_at=ends))
    return Made(tuple(told), tuple(made))


def end(session: Session, links: Iterable[Sequence[str]], now: datetime) -> None:
    """End the links of a message that did not go out, as `Made` has them, that nobody has. Needs a writing session."""
    for briefing, link in links:
        action_links.end(session, briefing, link, now)


def _sensible(session: Session, row: BriefingRow, wanted: Collection[str], *, signed_off: bool) -> list[LinkAction]:
    """Return the actions, of those wanted, for which there is something to act on."""

    def any_has(column: InstrumentedAttribute[Any]) -> bool:
        mine = (RevisionRow.briefing_id == row.id, column.is_not(None), ~withdrawn())
        return bool(session.scalar(select(exists().where(*mine))))

    there = {LinkAction.LISTEN} if any_has(RevisionRow.master_key) else set()
    if not signed_off and any_has(RevisionRow.script):
        there |= _CHANGING
    if row.heard is not None:
        there.add(LinkAction.WITHDRAW)
    return [action for action in LinkAction if action in wanted and action in there]
