"""A worker that only claims and finishes: `python -m tests.bench.claimer ADDRESS`; says "ready", waits for a line."""

from __future__ import annotations

import json
import os
import sys
import time

from briefing import steps
from briefing.database import Database
from briefing.states import Queue


def main(address):
    """Claim and finish until there is nothing left; print how many, and the longest that a pair took."""
    database = Database(address)
    with database.reading() as session:
        steps.is_due(session, tuple(Queue))
    print("ready", flush=True)
    sys.stdin.readline()
    done, longest_s = 0, 0.0
    while True:
        began = time.monotonic()
        with database.writing() as session:
            lease = steps.claim(session, holder=str(os.getpid()), lease_s=60.0, queues=tuple(Queue))
        if lease is None:
            break
        with database.writing() as session:
            assert steps.finish(session, lease)
        done, longest_s = done + 1, max(longest_s, time.monotonic() - began)
    print(json.dumps({"done": done, "longest_s": longest_s}), flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main(sys.argv[1])
