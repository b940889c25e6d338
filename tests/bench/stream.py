"""Listening while it is made: time to the first audio, and whether it ever stalls: `./run.sh bench stream [ROUNDS]`.

The product as one starts it (`briefcast serve`, two workers), the sample newsroom's longest article in Piper's voice, its
takes thrown away before each round. A listener asks for the playlist as players do and plays from the first segment on.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path
from urllib.parse import urljoin

import httpx

from briefing.podcasts.newsroom import load_newsroom
from briefing.sql.schema import migrate
from tests.bench.measure import cpu_of, table
from tests.support.client import free_port, make_key
from tests.support.processes import BIN, ROOT, running, wait_for
from worker.installation.newsroom import apply
from worker.workplace import Workplace

_ARTICLE = "port-authority.html"
_LONGEST_S = 120.0

#: What is asked of the first audio, in seconds after the request.
_TARGET_S = 3.0

_NEWSROOM = """
[[shows]]
slug = "bench"
title = "Bench"
voice = "joe"
stream = true

[[sources]]
name = "desk"
kind = "files"
folder = "articles"
"""


def run(rounds="3"):
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = _rounds(folder, int(rounds))
    table(
        "from the request on, seconds; a round's listener begins with the first segment",
        ("round", "first audio", "target", "first words", "least in hand", "stalls", "all of it can be heard", "length", "MP3 is there", "CPU"),
        rows,
    )  # fmt: skip


def _rounds(folder, rounds):
    port = free_port()
    os.environ |= {
        "BRIEFCAST_DATA": str(folder / "var"),
        "BRIEFCAST_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "BRIEFCAST_LOG_LEVEL": "WARNING",
    }
    (folder / "articles").mkdir()
    for number in range(rounds + 1):
        # Other words in the headline and at the end of each paragraph, so that no take of another round fits but the
        # byline's and the disclosure's.
        text = (ROOT / "samples" / "articles" / _ARTICLE).read_text()
        told = text.replace(".</p>", f", {'again and ' * number}again.</p>")
        told = told.replace("its own depth", f"its own depth {'again and ' * number}again")
        (folder / "articles" / f"story-{number}.html").write_text(told)
    (folder / "briefcast.toml").write_text(_NEWSROOM)
    place = Workplace()
    migrate(place.database)
    apply(load_newsroom(folder / "briefcast.toml"), place)
    key = make_key(place)
    rows = []
    with (
        running([BIN / "briefcast", "serve", "--port", str(port)], folder / "serve.log") as server,
        httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {key}"}, timeout=30
        ) as client,
    ):
        wait_for(lambda: _answers(client), "the server")
        _listened(client, 0, server.pid)  # the models are loaded
        rows = [(number, *_listened(client, number, server.pid)) for number in range(1, rounds + 1)]
    place.database.dispose()
    shutil.rmtree(folder / "var", ignore_errors=True)
    return rows


def _answers(client):
    try:
        return client.get("/livez").status_code == 200
    except httpx.TransportError:
        return False


def _listened(client, number, pid):
    asked, cpu = time.monotonic(), cpu_of(pid)
    client.post("/v1/briefings", json={"article_ids": [f"desk:story-{number}"]}).raise_for_status()
    audio = {}
    path = f"/v1/articles/desk/story-{number}/audio"
    while not audio:
        _in_time(asked)
        answer = client.get(path)
        audio = answer.json() if answer.status_code == 200 else {}
        time.sleep(0.02)
    playlist = audio["hls"]
    first = words = whole = None
    least, stalls, stalled = 1e9, 0, False
    while whole is None:
        _in_time(asked)
        lines = client.get(playlist).text.splitlines()
        names = [line for line in lines if line.endswith(".mp3")]
        there = sum(float(line[8:].rstrip(",")) for line in lines if line.startswith("#EXTINF:"))
        now = time.monotonic() - asked
        if first is None:
            client.get(urljoin(playlist, names[0])).raise_for_status()
            first, opening = time.monotonic() - asked, there
        if words is None and there > opening:
            words = now
        whole = now if lines[-1] == "#EXT-X-ENDLIST" else None
        in_hand = there - (now - first)
        if whole is None:
            least = min(least, in_hand)
            stalls += in_hand < 0 and not stalled
            stalled = in_hand < 0
        time.sleep(0.1)
    while "url" not in client.get(path).json():
        _in_time(asked)
        time.sleep(0.1)
    done = time.monotonic() - asked
    return (
        f"{first:.2f}", f"<= {_TARGET_S:g}", f"{words:.2f}", f"{least:.2f}", stalls, f"{whole:.1f}", f"{there:.1f}", f"{done:.1f}",
        f"{cpu_of(pid) - cpu:.1f}",
    )  # fmt: skip


def _in_time(asked):
    assert time.monotonic() - asked < _LONGEST_S, "it takes too long"
