"""The API under load, one server process as `briefcast serve` runs it: `./run.sh bench api [SECONDS]`.

What readers fetch (an article's audio JSON, a Range of its MP3), what callers poll (a briefing's status), and what they
ask for (POST, with no Redis anywhere); what a CMS sends at every save (a signed webhook). Loaded by a client of its own process. What counts on a machine that does other
work is answers a second of the server's CPU: what one idle core would give.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from briefing.accounts import keys
from briefing.accounts.keys import Scope
from briefing.following import connections
from briefing.models import BriefingRow
from briefing.observing.logs import configure
from briefing.states import Queue
from tests.bench import newsroom
from tests.bench.measure import cpu_of, table
from tests.bench.overhead import installation
from tests.support.processes import ROOT
from worker.running import perform

#: Articles that are read in turn, with as many chunks each.
_ARTICLES, _CHUNKS = 6, 30

_CONNECTIONS = 16

#: Requests a second for the latencies, and connections for them.
_RATE = 200

#: Of what records work: 72,000 articles an hour.
_POST_RATE = 20

_RANGE_BYTES = 65_536

_ACCEPTED = 202


def run(seconds="4"):
    """Measure and print."""
    with (
        tempfile.TemporaryDirectory() as folder,
        installation(
            Path(folder),
            _ARTICLES,
            _CHUNKS,
            BRIEFCAST_BROKER_URL="redis://127.0.0.1:1/0",
            BRIEFCAST_LIMIT_REQUESTS_A_MINUTE="0",
            BRIEFCAST_LOG_LEVEL="WARNING",
        ) as (
            place,
            api,
            port,
        ),
    ):
        rows = [_row(port, api, name, asked, float(seconds)) for name, asked in _plans(place).items()]
    table(
        f"one server process, {_CONNECTIONS} connections for the rates, {_RATE} requests a second "
        f"for the latencies ({_POST_RATE} of POST and webhooks)",
        ("", "a second", "a CPU second", "target", "p50 ms", "p95 ms", "p99 ms", "target"),
        rows,
    )


def _plans(place):
    """What is asked: requests, the status that is right, and the targets."""
    configure()
    newsroom.ask(place, range(_ARTICLES))
    while perform.perform_next(place, tuple(Queue)):
        pass
    assert newsroom.unsettled(place) == 0
    with place.database.writing() as session:
        key = keys.create(session, "bench", [Scope.ADMIN], datetime.now(UTC))
        secret = connections.rotate_secret(session, "desk", datetime.now(UTC))
    with place.database.reading() as session:
        briefings = [row.id for row in session.query(BriefingRow)]
    own = f"Authorization: Bearer {key}\r\n"
    audio = [
        json.loads((place.data.data / "public/v1/articles/desk" / f"story-{number}" / "audio").read_text())["url"]
        for number in range(_ARTICLES)
    ]
    paths = [address.partition("//")[2].partition("/")[2] for address in audio]
    return {
        "article audio JSON": (
            [_get(f"v1/articles/desk/story-{number}/audio") for number in range(_ARTICLES)], 200, ">= 1500", "p99 <= 20",
        ),
        "status": ([_get(f"v1/briefings/{found}", own) for found in briefings], 200, ">= 700", "p99 <= 20"),
        f"{_RANGE_BYTES // 1024} kB of an MP3 by Range": (
            [_get(path, f"Range: bytes=0-{_RANGE_BYTES - 1}\r\n") for path in paths], 206, "", "p99 <= 20",
        ),
        "POST, Redis down": (
            [_post("v1/briefings", own, {"article_ids": [f"desk:new-{number}"], "priority": "bulk"}) for number in range(2000)],
            _ACCEPTED, "", "p95 <= 50",
        ),
        "signed webhook": ([_webhook(secret, number) for number in range(2000)], _ACCEPTED, "", "p99 < 500"),
    }  # fmt: skip


def _get(path, more=""):
    return f"GET /{path} HTTP/1.1\r\nHost: bench\r\n{more}\r\n"


def _post(path, more, body):
    content = json.dumps(body)
    return (
        f"POST /{path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\n{more}\r\n{content}"
    )


def _webhook(secret, number):
    """What a CMS sends of a save, as a Standard Webhook."""
    body = {"type": "article.updated", "data": {"id": f"story-{number}"}}
    identity, moment = f"msg_{number}", int(time.time())
    signed = f"{identity}.{moment}.{json.dumps(body)}".encode()
    signature = base64.b64encode(hmac.digest(base64.b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256))
    own = f"webhook-id: {identity}\r\nwebhook-timestamp: {moment}\r\nwebhook-signature: v1,{signature.decode()}\r\n"
    return _post("v1/hooks/desk", own, body)


def _row(port, api, name, asked, seconds):
    requests, right, rate_target, latency_target = asked
    # The same request again is answered otherwise, so that each POST is sent once: at the rate alone.
    once = right == _ACCEPTED
    before = cpu_of(api.pid)
    fast = steady = _loaded(port, requests, right, seconds, _POST_RATE if once else 0)
    cpu_s = cpu_of(api.pid) - before
    if not once:
        steady = _loaded(port, requests, right, seconds, _RATE)
    rates = ("" if once else f"{fast['answers'] / fast['wall_s']:.0f}", f"{fast['answers'] / cpu_s:.0f}", rate_target)
    return name, *rates, *(f"{steady[point]:.1f}" for point in ("p50_ms", "p95_ms", "p99_ms")), latency_target


def _loaded(port, requests, right, seconds, rate):
    plan = {"port": port, "requests": requests, "connections": _CONNECTIONS, "seconds": seconds, "rate": rate}
    command = [sys.executable, "-m", "tests.bench.reader"]
    done = subprocess.run(command, input=json.dumps(plan), capture_output=True, text=True, check=True, cwd=ROOT)
    found = json.loads(done.stdout)
    assert found["statuses"].keys() == {str(right)}, found
    return found | {"answers": found["statuses"][str(right)]}
