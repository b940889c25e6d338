"""How soon all is made after Redis was away: `./run.sh bench redis [SECONDS [BRIEFINGS]]`, five minutes and 50 by default.

The processes of the Procfile, two workers in one, the silent voice: what is measured is the doorbell. First as many
briefings without an outage, from the moment at which all have been asked for while no worker ran.
"""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.bench.measure import table
from tests.support.brokers import broker
from tests.support.crowd import crowd
from tests.support.installation import Kept
from tests.support.processes import environment, procfile, wait_for

_ACCEPTED = 202


def run(seconds="300", briefings="50"):
    """Measure and print."""
    away_s, many = float(seconds), int(briefings)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        redis = stack.enter_context(broker(folder / "redis"))
        # As it is installed: no shorter leases, ticks or rings than by default.
        usual = {"LEASE_S": "60", "TICK_S": "5", "RING_AGAIN_S": "60"}
        product = stack.enter_context(crowd(folder, BROKER_URL=redis.address, WORKERS="2", **usual))
        redis.start(appendonly="yes")

        def keep(process, port):
            kept = Kept(procfile(process, port), folder / f"{process}.log", environment())
            stack.callback(kept.stop)
            return kept

        keep("web", product.port)
        dispatcher = keep("dispatcher", 0)
        keep("worker", 1)
        wait_for(product.answers, "the API")
        _asked(product, 4)
        wait_for(product.all_live, "the processes to be warm", 300)
        calm_s = _calm(product, dispatcher, keep, many)
        redis.kill()
        gone = time.monotonic()
        slowest_s = _asked(product, many)
        live = product.live()
        time.sleep(max(0.0, away_s - (time.monotonic() - gone)))
        was_away_s = time.monotonic() - gone
        assert product.live() == live, "made without Redis"
        redis.start(appendonly="yes")
        after_s = _until_all_live(product)
    table(
        f"{many} briefings, two workers",
        ("", "away s", "slowest POST s", "until all are live s"),
        [
            ("without an outage", "", "", f"{calm_s:.1f}"),
            ("Redis away", f"{was_away_s:.0f}", f"{slowest_s:.2f}", f"{after_s:.1f}"),
        ],
    )


def _calm(product, dispatcher, keep, many):
    """Have them asked for while nobody rings, then rung for; return the seconds from then on."""
    dispatcher.stop()
    _asked(product, many)
    begun = time.monotonic()
    keep("dispatcher", 0)
    return _until_all_live(product, begun)


def _asked(product, many):
    """Ask for briefings; return how long the slowest answer took, in seconds."""
    slowest_s = 0.0
    for _ in range(many):
        begun = time.monotonic()
        assert product.ask_for(1) == [_ACCEPTED]
        slowest_s = max(slowest_s, time.monotonic() - begun)
    return slowest_s


def _until_all_live(product, begun=None):
    begun = begun or time.monotonic()
    wait_for(product.all_live, "all of them", 3600)
    return time.monotonic() - begun
