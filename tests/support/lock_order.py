"""Writes down in which order transactions lock rows of which tables, and finds those that go back.

The order is that of docs/architecture.md ("Who locks what"). By the statements that SQLAlchemy sends: what waits for
others is a statement that locks or changes rows and does not skip what is locked, and an insertion that two may make at
once. Rows are not told apart: what counts is when a transaction first comes to a table.
"""

from __future__ import annotations

import re
from contextlib import contextmanager

from sqlalchemy import Engine, event

#: Table -> place in the order; what is not listed comes last, in any order.
ORDER = {
    "connections": -2,
    "sightings": -1,
    "articles": 0,
    "takes": 0,
    "briefings": 1,
    "revisions": 2,
    "steps": 3,
    "shows": 4,
    "lanes": 5,
    "spent": 5,
    "engine_gates": 5,
}

#: Tables to which two may add the same row at once: then the second waits for the first.
_ADDED_AT_ONCE = frozenset(
    {"connections", "sightings", "articles", "takes", "briefings", "lanes", "spent", "engine_gates"}
)

_CHANGES = re.compile(r"\s*(?:UPDATE|DELETE FROM) (\w+)")
_ADDS = re.compile(r"\s*INSERT INTO (\w+)")
_LOCKS = re.compile(r"\bFROM (\w+)(.*)\bFOR (?:NO KEY )?UPDATE\b", re.DOTALL)
_NAMED = re.compile(r"\bFOR (?:NO KEY )?UPDATE OF (\w+)")
_JOINED = re.compile(r"\bJOIN (\w+)")


def locked_by(statement):
    """Return the tables of which a statement locks rows, and whether it waits for who holds them."""
    waits = "SKIP LOCKED" not in statement
    if found := _CHANGES.match(statement):
        # Takes come first where they are added. Who deletes them waits for nobody: whoever adds one again holds nothing.
        return ([] if statement.lstrip().startswith("DELETE FROM takes") else [found[1]]), waits
    if found := _ADDS.match(statement):
        return ([found[1]] if found[1] in _ADDED_AT_ONCE else []), waits
    if found := _NAMED.search(statement):
        return [found[1]], waits
    if found := _LOCKS.search(statement):
        return [found[1], *_JOINED.findall(found[2])], waits
    return [], waits


class LockOrder:
    """What transactions locked. `broken` holds the orders that go back, each with its last statement."""

    def __init__(self):
        self.broken, self.seen = {}, set()

    def begin(self, connection):
        connection.info["locked"] = []

    def execute(self, connection, _cursor, statement, *_):
        held = connection.info.setdefault("locked", [])
        tables, waits = locked_by(statement)
        for table in tables:
            if table not in ORDER or table in held:
                continue
            if waits and any(ORDER[one] > ORDER[table] for one in held):
                self.broken.setdefault((*held, table), statement)
            held.append(table)
            self.seen.add(tuple(held))


@contextmanager
def recorded():
    """Record what all engines of this process lock meanwhile; yield the record."""
    order = LockOrder()
    listening = [(Engine, "begin", order.begin), (Engine, "before_cursor_execute", order.execute)]
    for listener in listening:
        event.listen(*listener)
    try:
        yield order
    finally:
        for listener in listening:
            event.remove(*listener)
