"""The `notify` step: a hub hears that a feed has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefing import steps
from briefing.failpoints import Failpoint, reach
from briefing.outside.calls import Caller
from briefing.settings import FetchSettings
from worker.feeds.websub import ping

if TYPE_CHECKING:
    from briefing.steps import Lease
    from worker.workplace import Workplace


def notify_hub(lease: Lease, place: Workplace) -> None:
    """Ping the hub that the step names."""
    bounds = FetchSettings()
    ping(lease.payload["hub"], place.files.feed_address(lease.payload["feed"]), Caller(bounds, bounds.private_hosts))
    reach(Failpoint.NOTIFY_TOLD)
    with place.database.writing() as session:
        steps.finish(session, lease)
