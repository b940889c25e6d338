"""The `revise` step: what `prepare` and `recast` do, of briefings in which editors changed segments by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from worker.tasks.prepare import prepare_revision
from worker.tasks.recast import recast_revision

if TYPE_CHECKING:
    from briefing.steps import Lease
    from worker.workplace import Workplace


def revise_revision(lease: Lease, place: Workplace) -> None:
    """Prepare the revision, or cut it anew, with the overrides."""
    if lease.payload.get("recast"):
        recast_revision(lease, place)
    else:
        prepare_revision(lease, place)
