"""The same MP3 from nginx by itself, from nginx told by the API (X-Accel-Redirect), and from the API alone.

`./run.sh bench serve [SECONDS] [MINUTES]`: side by side in turns, on this machine; whole files of ten minutes or as many as
are said, and ranges of 256 kB, over kept connections.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from tests.bench.listeners import serving, write_audio
from tests.support.nginx import nginx
from tests.support.processes import ROOT

#: Bytes a minute of 96 kbit/s.
_MINUTE = 720_000

_RANGE = 256_000
_CONNECTIONS = 16


def _requests(name, size, ranges):
    head = f"GET /{name} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    if not ranges:
        return [head + "\r\n"]
    chance = random.Random(2)
    starts = [chance.randrange(size - _RANGE) for _ in range(200)]
    return [f"{head}Range: bytes={start}-{start + _RANGE - 1}\r\n\r\n" for start in starts]


def _megabytes_a_second(port, name, size, seconds, *, ranges):
    plan = {
        "port": port,
        "requests": _requests(name, size, ranges),
        "connections": _CONNECTIONS,
        "seconds": seconds,
        "rate": 0,
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.reader"],
        input=json.dumps(plan),
        text=True,
        capture_output=True,
        check=True,
        cwd=ROOT,
    )
    told = json.loads(done.stdout)
    good = told["statuses"].get("206" if ranges else "200", 0)
    assert good == sum(told["statuses"].values()), told["statuses"]
    return good * (_RANGE if ranges else size) / told["wall_s"] / 1e6


def measure(seconds=4.0, rounds=3, size=10 * _MINUTE):
    """Return megabytes a second by way and kind, the median of some rounds."""
    with tempfile.TemporaryDirectory() as path:
        # nginx's own user may be another one.
        folder = Path(path)
        folder.chmod(0o755)
        public = folder / "var" / "public"
        name, _ = write_audio(public, size)
        with (
            serving(folder, ACCEL="/accel/") as (told, _),
            serving(folder) as (alone, _),
            nginx(folder / "own", public) as own,
            nginx(folder / "told", public, "briefcast.conf", api=told, through_api=True) as accelerated,
        ):
            ways = {"nginx": urlsplit(own).port, "x-accel": urlsplit(accelerated).port, "api": alone}
            found = {}
            for kind in ("whole", "ranges"):
                for _ in range(rounds):
                    for way, port in ways.items():
                        speed = _megabytes_a_second(port, name, size, seconds, ranges=kind == "ranges")
                        found.setdefault(f"{way} {kind}", []).append(speed)
    return {name: sorted(speeds)[len(speeds) // 2] for name, speeds in found.items()}


def run(seconds="4", minutes="10"):
    """Measure, and say so."""
    found = measure(float(seconds), size=int(minutes) * _MINUTE)
    for kind in ("whole", "ranges"):
        own = found[f"nginx {kind}"]
        for way in ("nginx", "x-accel", "api"):
            speed = found[f"{way} {kind}"]
            sys.stdout.write(f"{kind:7} {way:8} {speed:8,.0f} MB/s {speed / own:6.0%} of nginx\n")
