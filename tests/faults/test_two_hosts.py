"""Two worker hosts and an API host that share nothing but PostgreSQL, Redis and a bucket, and one of them dies."""

from __future__ import annotations

import hashlib
import json
import signal
import time
from contextlib import ExitStack, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import feedparser
import httpx
import psycopg
import pytest

from tests.support.command import briefcast
from tests.support.hosts import hosts
from tests.support.postgres import postgres
from tests.support.processes import ROOT, procfile, redis, wait_for
from tests.support.proxy import proxied
from tests.support.s3 import s3
from tests.support.threads import serving

PORT = 8000

#: Articles that are asked for while one host has not spoken yet.
MORE = ("budget-vote.md", "ferry-strike.txt")

NEWSROOM = """
[[shows]]
slug = "ledger"
title = "The Harbour Ledger"
voice = "silence"

[[sources]]
name = "site"
kind = "http"
hosts = ["{host}"]
allow_private = ["{host}:{port}"]
"""


class Installation:
    """Three hosts on services of this machine, and a client of the API."""

    def __init__(self, folder, stack):
        self.here, (self.a, self.b, self.api) = stack.enter_context(
            hosts(folder / "hosts", "host-a", "host-b", "host-c")
        )
        self.postgres = stack.enter_context(postgres(folder / "postgres"))
        self.s3 = stack.enter_context(s3(folder / "s3"))
        broker = urlsplit(stack.enter_context(redis(folder / "redis")))
        site = ThreadingHTTPServer(
            (self.here, 0), partial(SimpleHTTPRequestHandler, directory=str(ROOT / "samples" / "articles"))
        )
        stack.enter_context(serving(site))
        self.site = f"http://{self.here}:{site.server_port}"
        outside = lambda port: "{}:{}".format(*stack.enter_context(proxied("127.0.0.1", port, self.here)).address)  # noqa: E731
        self.address = f"http://{self.api.address}:{PORT}"
        database = self.postgres.address.replace(f"127.0.0.1:{self.postgres.port}", outside(self.postgres.port))
        endpoint = f"http://{outside(urlsplit(self.s3.address).port)}"
        self.settings = self.s3.settings("ledger", endpoint) | {
            "BRIEFCAST_DATABASE_URL": database,
            "BRIEFCAST_BROKER_URL": f"redis://{outside(broker.port)}/0",
            "BRIEFCAST_PUBLIC_URL": self.address,
            "BRIEFCAST_HOST": self.api.address,
            "BRIEFCAST_WORKERS": "1",
            "BRIEFCAST_LEASE_S": "3",
            "BRIEFCAST_TICK_S": "0.25",
            "BRIEFCAST_RING_AGAIN_S": "3",
            "BRIEFCAST_LOG_LEVEL": "INFO",
        }
        toml = folder / "briefcast.toml"
        toml.write_text(NEWSROOM.format(host=self.here, port=site.server_port))
        self.client = stack.enter_context(httpx.Client(base_url=self.address, trust_env=False, timeout=60))
        self.prepare = partial(self._prepare, toml)

    def _prepare(self, toml):
        """Apply the newsroom and make a key, from this machine."""
        applied = briefcast("apply", toml)
        assert applied.returncode == 0, applied.stderr
        key = briefcast("keys", "create", "--name", "tests", "--scope", "admin").stdout.strip()
        self.client.headers["Authorization"] = f"Bearer {key}"

    def rows(self, query, *values):
        address = (
            f"host=127.0.0.1 port={self.postgres.port} user=postgres dbname={self.postgres.address.rpartition('/')[2]}"
        )
        with psycopg.connect(address, autocommit=True) as connection:
            return connection.execute(query, values).fetchall()

    def held_by(self, host):
        return self.rows("SELECT id FROM steps WHERE state = 'leased' AND holder LIKE %s", f"{host.name}:%")

    def reported(self, host):
        return self.rows("SELECT name FROM workers WHERE role = 'worker' AND name LIKE %s", f"{host.name}:%")

    def ask(self, name):
        answer = self.client.post("/v1/briefings", json={"article_ids": [f"{self.site}/{name}"]})
        return answer.raise_for_status().json()["id"]

    def live(self, briefing):
        """The briefing, once it is live."""

        def ended():
            found = self.client.get(f"/v1/briefings/{briefing}").raise_for_status().json()
            assert found["state"] != "failed", found["revision"]["error"]
            return found if found["state"] == "live" else None

        return wait_for(ended, "the briefing", 180)

    def started(self, host, kind):
        """How many steps of a kind a host began."""
        lines = [json.loads(line) for line in host.log("worker").read_text().splitlines() if line.startswith("{")]
        return sum(line["event"] == "step started" and line["kind"] == kind for line in lines)

    def check_whole(self, found):
        """Check what readers get of a live briefing, from the API that has no file of it."""
        url = urlsplit(found["live"]["url"]).path
        whole = self.client.get(url).raise_for_status()
        assert hashlib.sha256(whole.content).hexdigest() == url.split("/")[-1].removesuffix(".mp3")
        part = self.client.get(url, headers={"Range": "bytes=-1000"})
        assert (part.status_code, part.content) == (206, whole.content[-1000:])
        feed = feedparser.parse(self.client.get("/shows/ledger/feed.xml").raise_for_status().content)
        assert url in {urlsplit(entry.enclosures[0].href).path for entry in feed.entries}
        captions = self.client.get(f"/briefings/{found['id']}/transcript.vtt").raise_for_status()
        assert captions.text.startswith("WEBVTT")


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        made = Installation(tmp_path_factory.mktemp("two"), stack)
        for name, value in made.settings.items():
            patch.setenv(name, value)
        patch.setenv("BRIEFCAST_DATA", str(tmp_path_factory.mktemp("operator")))
        made.prepare()
        yield made


def test_two_hosts_make_briefings_of_one_bucket_and_one_dies(installation, monkeypatch):
    a, b, api = installation.a, installation.b, installation.api
    for name, value in installation.settings.items():
        monkeypatch.setenv(name, value)
    with ExitStack() as stack:
        stack.enter_context(api.runs("web", procfile("web", PORT)))
        stack.enter_context(api.runs("dispatcher", procfile("dispatcher", 0)))
        workers = {host.name: stack.enter_context(host.runs("worker", procfile("worker", 1))) for host in (a, b)}
        wait_for(lambda: _answers(installation.client), "the API", 120)
        # Whoever comes late may find that the other has done it all
        wait_for(lambda: all(installation.reported(host) for host in (a, b)), "both hosts' workers", 120)

        # Given briefings / When both hosts speak its takes / Then one assembles each, and readers get it whole
        # (of one story there is not enough for two: a worker goes on with what follows, and silence takes no time)
        asked = [installation.ask(f"{name}.html") for name in ("port-authority", "harbour-bridge", "storm-damage")]
        for briefing in asked:
            installation.check_whole(installation.live(briefing))
        # On a machine that is busy one host may have done all of these: then the other has the next for itself
        for article, idle, host in ((MORE[0], a, b), (MORE[1], b, a)):
            if not installation.started(host, "speak"):
                with stopped(idle):
                    asked.append(installation.ask(article))
                    installation.check_whole(installation.live(asked[-1]))
        assert all(installation.started(host, "speak") for host in (a, b))
        assert installation.started(a, "assemble") + installation.started(b, "assemble") == len(asked)

        # When host a dies while it holds a step of another / Then host b makes it
        with stopped(b):
            briefing = installation.ask("cup-final.txt")
            _freeze_holding(installation, a)
            a.kill()
        assert workers[a.name].poll() is not None
        installation.check_whole(installation.live(briefing))
        attempts = installation.rows("SELECT attempts FROM steps WHERE state = 'done'")
        assert max(attempts) <= (3,)

    # And no host has anything that the others would need
    assert not (a.data / "public").exists()
    assert not any((host.data / "blobs").exists() or (host.data / "briefcast.db").exists() for host in (a, b, api))
    assert not list(api.data.glob("cache/*/*"))
    audio = set(installation.s3.keys("ledger/public/audio/"))
    assert len(audio) == len(asked) + 1
    assert "development credentials of its own" in b.log("worker").read_text()


@contextmanager
def stopped(host):
    """Have a host stand still while inside; what it held goes to others when the lease is over."""
    host.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        host.signal(signal.SIGCONT)


def _freeze_holding(installation, host):
    """Stop everything on a host while it holds a step."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if installation.held_by(host):
            host.signal(signal.SIGSTOP)
            if installation.held_by(host):
                return
            host.signal(signal.SIGCONT)
    raise AssertionError(f"{host.name} never held a step")


def _answers(client):
    try:
        return client.get("/livez").status_code == 200
    except httpx.TransportError:
        return False
