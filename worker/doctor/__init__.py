"""Looks through an installation for what is wrong, and mends what can be mended without harm.

Each module looks at one thing and yields findings; given `fix`, it mends what it finds and says so. Never removes
anything that a feed, an alias, a row or a step names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefing.errors import DatabaseUnavailable, StorageUnavailable
from worker.doctor import broker, database, machine, names, placed, public, shows, sources, stored, work
from worker.doctor.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from worker.workplace import Workplace

#: What is looked at, in order: what the rest rests on first. A full disk may be why the database does not answer.
_LOOKS: tuple[Callable[[Workplace, bool], Iterator[Finding]], ...] = (
    machine.look_at_disk,
    database.look,
    machine.look,
    broker.look,
    work.look,
    names.look,
    sources.look,
    shows.look,
    stored.look,
    placed.look,
    public.look,
)

__all__ = ["Finding", "examine"]


def examine(place: Workplace, *, fix: bool) -> Iterator[Finding]:
    """Yield what is wrong, as it is found. Of an older schema nothing else is told: rows are not as we read them."""
    for look in _LOOKS:
        try:
            yield from look(place, fix)
            if look is database.look and database.is_behind(place):
                return
        except DatabaseUnavailable as error:
            yield Finding(code="database_unavailable", subject="database", detail=error.message, hint=error.hint)
            return
        except StorageUnavailable as error:
            yield Finding(code="storage_unavailable", subject="storage", detail=error.message, hint=error.hint)
