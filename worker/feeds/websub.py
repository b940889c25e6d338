"""Tells WebSub hubs that a feed has changed, so that apps that asked them hear of it at once (W3C WebSub, section 7).

Each ping is a step of its own: a hub that is away keeps nobody waiting and is tried again. Knows nothing of
subscribers, which are the hub's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from briefing import steps
from briefing.models import StepRow
from briefing.states import Queue, StepKind, StepState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from briefing.outside.calls import Caller


def record_pings(session: Session, slug: str, hubs: Iterable[str]) -> None:
    """Record a step for each hub, unless one that has not begun will tell it the same. Needs a writing session."""
    wanted = list(hubs)
    if not wanted:
        return
    waiting = session.scalars(
        select(StepRow.payload).where(StepRow.kind == StepKind.NOTIFY.value, StepRow.state == StepState.READY.value)
    )
    told = {payload["hub"] for payload in waiting if payload.get("feed") == slug}
    for hub in wanted:
        if hub not in told:
            steps.record(session, StepKind.NOTIFY, Queue.INTERACTIVE, payload={"feed": slug, "hub": hub})


def ping(hub: str, feed: str, caller: Caller) -> None:
    """Tell a hub that the feed at this address has changed.

    Raises AddressRefused where the hub is on a private network, SourceUnavailable where it does not take it.
    """
    # `hub.url` is what hubs of before WebSub read, and those of today take as well.
    caller.post(hub, {"hub.mode": "publish", "hub.topic": feed, "hub.url": feed})
