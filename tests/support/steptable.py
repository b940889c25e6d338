"""The step table of a running installation, looked at from outside."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from tests.support.processes import wait_for


def rows(data, query, *values):
    """Rows of a query on the installation's database, which is only read."""
    with closing(sqlite3.connect(f"file:{data / 'briefcast.db'}?mode=ro", uri=True, timeout=10)) as connection:
        return connection.execute(query, values).fetchall()


def speaking_process(data):
    """The process ID that holds a `speak` step, or None."""
    found = rows(data, "SELECT holder FROM steps WHERE kind = 'speak' AND state = 'leased' AND holder IS NOT NULL")
    return int(found[0][0].split(":")[1]) if found else None


def newest_step(data):
    """The ID of the step that was recorded last."""
    return rows(data, "SELECT coalesce(max(id), 0) FROM steps")[0][0]


def check_steps(data, after=0):
    """Check that every step (or all after one) ended well, none was tried too often, and only what was interrupted was tried again.

    The look at what was published comes after it is live, so it is waited for.

    Returns how many claims were spent beyond one per step.
    """
    wait_for(lambda: not rows(data, "SELECT id FROM steps WHERE kind = 'verify' AND state != 'done'"), "the last look")
    found = rows(data, "SELECT state, attempts FROM steps WHERE id > ?", after)
    assert found
    assert {state for state, _ in found} == {"done"}
    assert all(1 <= attempts <= 3 for _, attempts in found)
    return sum(attempts - 1 for _, attempts in found)
