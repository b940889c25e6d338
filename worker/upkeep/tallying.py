"""Counts the unknown words of all that is live, now and then: the sweep's part of `briefing.pronunciations.guessed`.

What was counted is written in small transactions: a list that is read meanwhile has some words as of before. Two that
count at once write the same.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from briefing.models import HealthRow
from briefing.pronunciations import guessed, radius
from briefing.sql.rows import put

if TYPE_CHECKING:
    from worker.workplace import Workplace

#: Seconds between two counts, at least.
_REST_S = 10.0

#: Counts take no more than this part of the time: seconds at ten thousand stories, while lost steps wait.
_PART = 0.01

#: Words of one transaction: hundredths of a second of SQLite's one write lock.
_BATCH = 1000


def tend(place: Workplace) -> None:
    """Count, if the last count is old enough. Raises DatabaseUnavailable."""
    now = datetime.now(UTC)
    with place.database.reading() as session:
        last = session.get(HealthRow, "guessed")
        if last is not None and not is_due(last.reported_at, float(last.detail or 0), now.timestamp()):
            return
    begun = time.perf_counter()
    tally(place, now)
    took_s = f"{time.perf_counter() - begun:.3f}"
    with place.database.writing() as session:
        put(session, HealthRow, name="guessed", state="ok", detail=took_s, reported_at=now.timestamp())


def is_due(last: float, took_s: float, now: float) -> bool:
    """Tell whether it is time to count again, after a count at `last` (seconds since the epoch) that took `took_s`."""
    return not 0 <= now - last < max(_REST_S, took_s / _PART)


def tally(place: Workplace, now: datetime) -> None:
    """Count, and write down what is otherwise than before."""
    with place.database.reading() as session:
        counts, before = guessed.counted(session, radius.since(now)), guessed.stored(session)
    changed = sorted(key for key in {*counts, *before} if counts.get(key) != before.get(key))
    for first in range(0, len(changed), _BATCH):
        keys = changed[first : first + _BATCH]
        with place.database.writing() as session:
            guessed.replace(session, keys, {key: counts[key] for key in keys if key in counts})
