"""Runs the harness by random seeds until the time is over, one machine and many in turn, and tells what happened.

A proxy of ours stands before Redis, PostgreSQL and the object store, which is Ceph's. Ends with 1 at the first broken invariant, naming the
seed: `--seed` makes the same choices again.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

from tests.support import harness
from tests.support.client import free_port
from tests.support.postgres import postgres
from tests.support.proxy import proxied
from tests.support.radosgw import radosgw

#: Seconds of faults in one round, before everything must come to its end.
ROUND_S = 45


def seconds(text):
    found = re.fullmatch(r"(\d+)(s|m|h)", text)
    if not found:
        message = "write it like 90s, 30m or 2h"
        raise argparse.ArgumentTypeError(message)
    return int(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2]]


def on_one_machine(folder, seed):
    desk = harness.one_machine(folder)
    try:
        return harness.run(desk, seed, ROUND_S, harness.ON_ONE_MACHINE, clients=3)
    finally:
        desk.close()


def on_many(folder, seed):
    """With Redis, with or without its file, PostgreSQL and an object store behind proxies."""
    chance = random.Random(f"{seed}-many")
    redis_port = free_port()
    with (
        postgres(folder / "postgres") as server,
        proxied("127.0.0.1", server.port) as database,
        proxied("127.0.0.1", redis_port) as broker,
        radosgw(folder / "s3") as bucket,
        proxied("127.0.0.1", urlsplit(bucket.address).port) as store,
    ):
        kept = bucket.settings(endpoint=f"http://127.0.0.1:{store.address[1]}")
        name = server.address.rpartition("/")[2]
        desk = harness.many(
            folder / "desk",
            server,
            appendonly=chance.random() < 0.5,
            database=server.address_of(name, database.address[1]),
            proxied_redis=broker.address[1],
            redis_port=redis_port,
            **{name.removeprefix("BRIEFCAST_"): value for name, value in kept.items()},
        )
        try:
            faults = [*harness.ON_MANY, harness.disturb_redis, harness.disturb_database, harness.disturb_store]
            proxies = {"redis": broker, "postgres": database, "store": store}
            return harness.run(desk, seed, ROUND_S, faults, proxies=proxies, clients=3)
        finally:
            desk.close()


def main():
    parser = argparse.ArgumentParser(prog="./run.sh soak", description=__doc__)
    parser.add_argument("time", type=seconds, help="90s, 30m, 2h")
    parser.add_argument("--seed", type=int, help="of the first round; the next ones follow from it")
    given = parser.parse_args()
    chance = random.Random(given.seed if given.seed is not None else time.time_ns())
    until, totals, rounds = time.monotonic() + given.time, {}, 0
    folder = Path(tempfile.mkdtemp(prefix="briefcast-soak-"))
    ways = [on_one_machine, on_many]
    seed = given.seed if given.seed is not None else chance.randrange(10**9)
    while rounds == 0 or time.monotonic() < until:
        way = ways[rounds % len(ways)]
        print(f"round {rounds + 1}: {way.__name__}, seed {seed}", flush=True)
        begun = time.monotonic()
        try:
            figures = way(folder / str(rounds), seed)
        except Exception:  # noqa: BLE001  whatever it is, the seed is told
            traceback.print_exc()
            print(f"broken in round {rounds + 1} ({way.__name__}), seed {seed}; see {folder}", flush=True)
            sys.exit(1)
        print(f"  whole after {time.monotonic() - begun:.0f} s: {told(figures)}", flush=True)
        for name, figure in figures.items():
            totals[name] = totals.get(name, Counter() if isinstance(figure, Counter) else 0) + figure
        rounds += 1
        seed = chance.randrange(10**9)
    print(f"{rounds} rounds, all invariants held:\n{json.dumps(totals, indent=1)}")


def told(figures):
    return ", ".join(
        f"{name} {sum(figure.values()) if isinstance(figure, Counter) else figure}" for name, figure in figures.items()
    )


if __name__ == "__main__":
    main()
