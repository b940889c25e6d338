"""`python -m tests.bench.fair`: what the order of claims does to those who wait, simulated; and what a claim costs.

The simulation has workers, a back catalogue of one newsroom and single articles of another, with seconds per step as
Piper takes them; it compares claims by age alone with claims by rank. Claims are measured on SQLite with a deep queue.
"""

from __future__ import annotations

import heapq
import tempfile
import time
from pathlib import Path

from briefing import steps
from briefing.database import Database
from briefing.models import StepRow
from briefing.sql.schema import migrate
from briefing.states import Queue, StepKind

#: Seconds of a step by kind; so many chunks make an article.
_SECONDS = {"prepare": 0.5, "speak": 1.2, "assemble": 2.0, "publish": 0.1}
_CHUNKS = 30


def simulate(articles, workers, single_at_s, *, ranked):
    """Seconds until the first of the catalogue is published, the most articles begun and unfinished at a time, and the
    seconds from asking until a single article of another newsroom is published.
    """
    queue, number, left = [], 0, {}

    def add(kind, article, rank):
        nonlocal number
        number += 1
        heapq.heappush(queue, (rank if ranked else 0, number, kind, article))

    for article in range(articles):
        add("prepare", article, article)
    free, begun, most, first, asked = [0.0] * workers, set(), 0, None, False
    while True:
        now = heapq.heappop(free)
        if not asked and now >= single_at_s:
            asked = True
            add("prepare", "single", queue[0][0] if queue else 0)
        if not queue:
            return first, most, None
        rank, _, kind, article = heapq.heappop(queue)
        end = now + _SECONDS[kind]
        heapq.heappush(free, end)
        if kind == "prepare":
            begun.add(article)
            most, left[article] = max(most, len(begun)), _CHUNKS
            for _ in range(_CHUNKS):
                add("speak", article, rank)
        elif kind == "speak":
            left[article] -= 1
            if not left[article]:
                add("assemble", article, rank)
        elif kind == "assemble":
            add("publish", article, rank)
        else:
            begun.discard(article)
            first = first or end
            if article == "single":
                return first, most, end - single_at_s


def claim_ms(depth, claims=200):
    """CPU milliseconds of a claim while `depth` steps are ready."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'b.db'}")
        migrate(database)
        row = {"kind": "speak", "queue": "bulk", "seq": 0, "payload": {}, "state": "ready", "fence": 0, "attempts": 0}
        with database.writing() as session:
            session.execute(
                StepRow.__table__.insert(),
                [row | {"postponed": 0, "rank": number // 30, "engine": ""} for number in range(depth)],
            )
        begun = time.process_time()
        for _ in range(claims):
            with database.writing() as session:
                lease = steps.claim(session, holder="x", lease_s=60, queues=tuple(Queue), kinds=tuple(StepKind))
                assert lease is not None
        spent = time.process_time() - begun
        database.dispose()
    return spent / claims * 1000


if __name__ == "__main__":
    for ranked in (False, True):
        first, most, waited = simulate(1000, 2, 600.0, ranked=ranked)
        print(
            f"by {'rank' if ranked else 'age'}: first after {first:.0f} s, {most} begun at a time, single {waited:.0f} s"
        )
    for depth in (1_000, 100_000):
        print(f"a claim at {depth:,} ready steps: {claim_ms(depth):.2f} ms of CPU")
