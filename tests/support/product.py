"""An installation as its callers meet it: asked for briefings, followed until they are finished."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import httpx


class Product:
    """A running installation, and a client of it with a key. `source` is where the articles asked for come from."""

    source = "samples"

    def __init__(self, port, key):
        self.port, self.address, self.data = port, f"http://127.0.0.1:{port}", Path(os.environ["BRIEFCAST_DATA"])
        self.client = httpx.Client(
            base_url=self.address, headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=60
        )

    def answers(self):
        try:
            return self.client.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def ask(self, article, **fields):
        answer = self.client.post("/v1/briefings", json={"article_ids": [f"{self.source}:{article}"], **fields})
        return answer.raise_for_status().json()

    def again(self, briefing, **fields):
        """Have a briefing made again."""
        return self.client.post(f"/v1/briefings/{briefing['id']}/regenerate", json=fields).raise_for_status().json()

    def finished(self, briefing, seconds=300):
        """The briefing when its newest revision is finished, following its events."""
        deadline = time.monotonic() + seconds
        with self.client.stream("GET", briefing["links"]["events"]) as stream:
            for line in stream.iter_lines():
                assert time.monotonic() < deadline, f"not finished after {seconds} s"
                if line.startswith("data: "):
                    found = json.loads(line[6:])
        return found
