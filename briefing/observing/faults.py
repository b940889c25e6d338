"""Going on without what a fault of database or storage kept from being done: with a line in the log, and counted.

For what is done again later by itself, or does not matter by then. What a step or a request fails by is told elsewhere
(`worker.running.perform`, `api.problems`).
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from briefing.errors import DatabaseUnavailable, StorageUnavailable
from briefing.observing.logs import get_logger
from briefing.observing.measures import FAULTS, counted

if TYPE_CHECKING:
    from collections.abc import Iterator

_log = get_logger("faults")


@contextmanager
def going_on(doing: str, **ids: str | int | None) -> Iterator[None]:
    """Go on where the database or the storage is away while `doing` is done, one of a few phrases of ours; the log
    names the `ids` beside what it is bound to. Other errors are raised.
    """
    try:
        yield
    except (DatabaseUnavailable, StorageUnavailable) as error:
        counted.count(FAULTS, doing, error.code)
        _log.warning("going on without", doing=doing, code=error.code, message=error.message, **ids)
