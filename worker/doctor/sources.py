"""Sources that are polled and do not answer, and those that have no key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefing import connections
from worker.doctor.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from worker.workplace import Workplace


def look(place: Workplace, fix: bool) -> Iterator[Finding]:  # noqa: ARG001  a CMS is not ours to mend
    """Yield the sources that fail."""
    with place.database.reading() as session:
        failing = [(row.source, row.failures, row.error_code, row.error) for row in connections.failing(session)]
    for name, failures, code, error in failing:
        yield Finding(
            code="source_failing",
            subject=name,
            detail=f"{failures} polls in a row failed: {error} [{code}]",
            hint="Changes in it are not noticed until it answers; `briefcast connect` checks its key.",
        )
