from __future__ import annotations

import json
import os
import time
from pathlib import Path

import httpx
import pytest

from tests.support.client import free_port
from tests.support.command import briefcast
from tests.support.processes import BIN, ROOT, running, wait_for


class Product:
    """A running installation with the sample newsroom, and a client of it."""

    def __init__(self, port):
        self.port, self.address, self.data = port, f"http://127.0.0.1:{port}", Path(os.environ["BRIEFCAST_DATA"])
        key = briefcast("keys", "create", "--name", "acceptance", "--scope", "admin").stdout.strip()
        self.client = httpx.Client(
            base_url=self.address, headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=30
        )

    def answers(self):
        try:
            return self.client.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def ask(self, article, **fields):
        answer = self.client.post("/v1/briefings", json={"article_ids": [f"samples:{article}"], **fields})
        return answer.raise_for_status().json()

    def again(self, briefing, **fields):
        """Have a briefing made again."""
        return self.client.post(f"/v1/briefings/{briefing['id']}/regenerate", json=fields).raise_for_status().json()

    def finished(self, briefing, seconds=120):
        """The briefing when its newest revision is finished, following its events."""
        deadline = time.monotonic() + seconds
        with self.client.stream("GET", briefing["links"]["events"]) as stream:
            for line in stream.iter_lines():
                assert time.monotonic() < deadline, f"not finished after {seconds} s"
                if line.startswith("data: "):
                    found = json.loads(line[6:])
        return found


def _prepared(patch):
    """Make an installation: its newsroom applied, its port chosen, its leases short."""
    port = free_port()
    patch.setenv("BRIEFCAST_PUBLIC_URL", f"http://127.0.0.1:{port}")
    patch.setenv("BRIEFCAST_LEASE_S", "3")
    patch.setenv("BRIEFCAST_TICK_S", "0.25")
    patch.setenv("BRIEFCAST_RING_AGAIN_S", "3")
    applied = briefcast("apply", ROOT / "samples" / "briefcast.toml")
    assert applied.returncode == 0, applied.stderr
    return Product(port)


@pytest.fixture
def product(monkeypatch):
    """An installation prepared but not started."""
    made = _prepared(monkeypatch)
    yield made
    made.client.close()


@pytest.fixture(scope="module")
def serving(tmp_path_factory):
    """A product running with its embedded workers, for all tests of a file that leave it running."""
    folder = tmp_path_factory.mktemp("serving")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BRIEFCAST_DATA", str(folder / "var"))
        made = _prepared(patch)
        with running([BIN / "briefcast", "serve", "--port", str(made.port)], folder / "serve.log") as process:
            wait_for(made.answers, "the API")
            made.process = process
            yield made
    made.client.close()


@pytest.fixture
def started():
    """Wait until a product answers."""
    return lambda product: wait_for(product.answers, "the API")
