"""Whether the database is one that the stored bytes are not of: then nobody may take them for left over.

A shell without the address of the database, one that was moved away from, an empty one that was restored: by each of
these most of what is stored, all that is heard with it, would be an orphan. What crashes leave is a few.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from briefing.models import CondemnedRow
from briefing.storage.interfaces import YOUNG_S
from worker.upkeep.condemned import is_named

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from briefing.storage import StoredBlob
    from worker.workplace import Workplace


def orphans(place: Workplace) -> tuple[list[StoredBlob], bool]:
    """Return the stored bytes that nothing names, a day old, and whether they are more than half of all there are.

    Raises DatabaseUnavailable or StorageUnavailable.
    """
    old = time.time() - YOUNG_S
    found, stored = [], 0
    for blob in place.storage.stored():
        stored += 1
        if blob.modified > old:
            continue
        with place.database.reading() as session:
            if not is_accounted_for(session, blob.sha256):
                found.append(blob)
    return found, 2 * len(found) > stored


def is_accounted_for(session: Session, sha256: str) -> bool:
    """Whether something names stored bytes, or retention has condemned them: those go by themselves, in their time."""
    return session.get(CondemnedRow, sha256) is not None or is_named(session, sha256)
