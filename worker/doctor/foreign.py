"""Stored bytes that nothing names, and whether they are so many that the database is not theirs: then they stay.

A shell without the address of the database, one that was moved away from, an empty one that was restored: by each of
these most of what is stored, all that is heard with it, would be an orphan. What crashes leave is a few.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from briefing.storage.interfaces import YOUNG_S
from worker.upkeep.condemned import is_accounted_for

if TYPE_CHECKING:
    from briefing.storage import StoredBlob
    from worker.workplace import Workplace


class Orphans(NamedTuple):
    """Stored bytes, a day old, that nothing names."""

    found: list[StoredBlob]
    are_most: bool
    """More than half of all that is stored: the database is another's, and none of them may go."""


def orphans(place: Workplace) -> Orphans:
    """Return them. Raises DatabaseUnavailable or StorageUnavailable."""
    old = time.time() - YOUNG_S
    found, stored = [], 0
    for blob in place.storage.stored():
        stored += 1
        if blob.modified > old:
            continue
        with place.database.reading() as session:
            if not is_accounted_for(session, blob.sha256):
                found.append(blob)
    return Orphans(found, are_most=2 * len(found) > stored)
