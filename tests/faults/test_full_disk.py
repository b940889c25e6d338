"""A full disk: work waits and goes on when there is room, nothing partial is seen, readers notice nothing."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from contextlib import closing

import httpx
import pytest
from sqlalchemy import update

from briefing.models import MasterRow, StepRow, TakeRow
from briefing.states import Queue, StepKind, StepState
from tests.support.asking import again, ask, briefing_row, revision_row, step_rows
from tests.support.client import client_of, free_port
from tests.support.disks import small_disk
from tests.support.newsroom import ARTICLE, make_place, work_off
from tests.support.processes import BIN, briefcast, running, wait_for
from worker.running.perform import perform_next
from worker.upkeep.sweep import remove_strays

#: Seconds after which a step that met a full disk is tried again, at most; the promise is 60.
MOST_DELAY_S = 31


@pytest.fixture
def disk(tmp_path, monkeypatch):
    with small_disk(tmp_path / "disk", 24) as disk:
        monkeypatch.setenv("BRIEFCAST_DATA", str(disk.folder / "var"))
        yield disk


@pytest.fixture
def newsroom(disk, tmp_path, monkeypatch):
    """A workplace whose files are on the small disk, its database on another one."""
    monkeypatch.setenv("BRIEFCAST_DATABASE_URL", f"sqlite:///{tmp_path}/briefcast.db")
    place = make_place(tmp_path)
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    yield place
    place.database.dispose()


def next_is(place, revision, kind):
    """Perform steps until one of `kind` is the next."""
    for _ in range(100):
        found = [step for step in step_rows(place, revision) if step.kind == kind and step.state == StepState.READY]
        if found and not [
            step for step in step_rows(place, revision) if step.state == StepState.READY and step.kind != kind
        ]:
            return found[0].id
        assert perform_next(place, tuple(Queue))
    raise AssertionError(kind)


def step(place, revision, number):
    return next(step for step in step_rows(place, revision) if step.id == number)


def check_waits(place, revision, number):
    found = step(place, revision, number)
    assert (found.state, found.attempts, found.error_code) == (StepState.READY, 0, "storage_full")
    with place.database.reading() as session:
        now = session.connection().exec_driver_sql("SELECT (julianday('now') - 2440587.5) * 86400.0").scalar()
    assert 0 < found.not_before - now <= MOST_DELAY_S


def check_nothing_partial(place):
    """Everything that is stored matches its name, and nothing is left of what was being made."""
    assert all(place.storage.intact(blob.sha256) for blob in place.storage.stored())
    assert not list((place.data.data / "tmp").iterdir())
    assert not [path for path in place.files.storage.root.rglob(".*") if path.is_file()]


def go_on(place):
    with place.database.writing() as session:
        session.execute(update(StepRow).values(not_before=None))
    work_off(place)


def test_full_while_speaking(newsroom, disk):
    _, revision, _ = ask(newsroom, "ferry")
    number = next_is(newsroom, revision, StepKind.SPEAK)
    disk.fill()
    assert perform_next(newsroom, tuple(Queue), number)
    check_waits(newsroom, revision, number)
    with newsroom.database.reading() as session:
        assert not session.query(TakeRow).count()
    disk.clear()
    check_nothing_partial(newsroom)
    go_on(newsroom)
    assert revision_row(newsroom, revision).state == "live"


def test_full_while_assembling(newsroom, disk, tmp_path):
    # Given how large an MP3 becomes, and another article of as many words whose takes are spoken
    ask(newsroom, "ferry")
    work_off(newsroom)
    with newsroom.database.reading() as session:
        size = session.query(MasterRow).one().bytes
    (tmp_path / "articles" / "other.md").write_text(ARTICLE.replace("Ferry", "Trams"))
    _, revision, _ = ask(newsroom, "other")
    number = next_is(newsroom, revision, StepKind.ASSEMBLE)
    # When the disk is full at once, while encoding, while tagging, while signing / Then the step waits each time
    for share in (0.0, 0.5, 1.1, 1.8):
        disk.fill(leave=int(share * size))
        with newsroom.database.writing() as session:
            session.execute(update(StepRow).values(not_before=None))
        assert perform_next(newsroom, tuple(Queue), number)
        check_waits(newsroom, revision, number)
        disk.clear()
        check_nothing_partial(newsroom)
    go_on(newsroom)
    assert revision_row(newsroom, revision).state == "live"


def test_full_while_publishing(newsroom, disk, tmp_path):
    # Given audio that is live, and a correction about to be published
    briefing, first, _ = ask(newsroom, "ferry")
    work_off(newsroom)
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE.replace("four days", "five days"))
    second, _ = again(newsroom, briefing)
    number = next_is(newsroom, second, StepKind.PUBLISH)
    before = {file.name: newsroom.files.storage.read(file.name) for file in newsroom.files.storage.files()}
    alias = newsroom.files.storage.target("articles/desk/ferry.mp3")
    # When the disk is full / Then what readers hear stays, whole, and the correction waits
    disk.fill()
    assert perform_next(newsroom, tuple(Queue), number)
    check_waits(newsroom, second, number)
    assert briefing_row(newsroom, briefing).live_revision == first
    assert newsroom.files.storage.target("articles/desk/ferry.mp3") == alias
    for name in ("shows/daily/feed.xml", "v1/articles/desk/ferry/audio", f"briefings/{briefing}/transcript.vtt"):
        assert newsroom.files.storage.read(name) == before[name]
    # And goes on when there is room
    disk.clear()
    check_nothing_partial(newsroom)
    go_on(newsroom)
    assert briefing_row(newsroom, briefing).live_revision == second
    assert newsroom.files.storage.target("articles/desk/ferry.mp3") != alias


def test_an_upload_is_refused_by_507_and_readers_are_served(newsroom, disk):
    ask(newsroom, "ferry")
    work_off(newsroom)
    with client_of(newsroom) as client:
        disk.fill()
        answer = client.post("/v1/jingles?name=own&part=intro", content=b"x" * 100_000)
        assert (answer.status_code, answer.json()["code"]) == (507, "storage_full")
        assert answer.headers["retry-after"]
        assert client.get("/readyz").status_code == 503
        audio = client.get("/v1/articles/desk/ferry/audio").raise_for_status().json()
        assert len(client.get(audio["url"]).raise_for_status().content) == audio["bytes"]
        disk.clear()
        assert client.get("/readyz").status_code in {200, 503}
        assert client.post("/v1/jingles?name=own&part=intro", content=b"x" * 100_000).status_code == 202


@pytest.mark.long
def test_a_disk_that_fills_up_under_everything_loses_nothing(disk, tmp_path, monkeypatch):
    """The database too is on it: the product as `briefcast serve` runs it."""
    port = free_port()
    for name, value in {
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "LEASE_S": "2",
        "TICK_S": "0.25",
        "WORKERS": "1",
        "DISK_FLOOR_MB": "0",
    }.items():
        monkeypatch.setenv(f"BRIEFCAST_{name}", value)
    place = make_place(tmp_path)
    place.database.dispose()
    for number in range(3):
        text = ARTICLE.replace("Ferry", f"Ferry {number}").replace("four days", f"{number + 3} days")
        (tmp_path / "articles" / f"ferry{number}.md").write_text(text)
    key = briefcast("keys", "create", "--name", "tests", "--scope", "admin").stdout.strip()
    headers = {"Authorization": f"Bearer {key}"}
    with (
        running([BIN / "briefcast", "serve", "--port", str(port)], tmp_path / "serve.log"),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False, timeout=60) as client,
    ):
        wait_for(lambda: _ready(client), "the server")
        asked = [_asked(client, number) for number in range(2)]
        live = _live(client, asked[0])
        # When the disk fills up while the other is made, and stays so for several leases
        for _ in range(12):
            disk.fill()
            time.sleep(0.3)
        # Then requests for work are refused as to come again, and readers are served
        refused = client.post("/v1/briefings", json={"article_ids": ["desk:ferry2"]})
        assert refused.status_code in {503, 507}, refused.text
        assert refused.headers["retry-after"]
        assert len(client.get(live["live"]["url"]).raise_for_status().content) == live["live"]["bytes"]
        # And with room, all goes on by itself, within a minute
        disk.clear()
        freed = time.monotonic()
        asked.append(_asked(client, 2))
        for briefing in asked[1:]:
            _live(client, briefing)
        assert time.monotonic() - freed < 60 + 120, "the promise is a minute, and two more on a busy machine"
    with closing(sqlite3.connect(disk.folder / "var" / "briefcast.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert not database.execute("SELECT id FROM steps WHERE state = 'dead'").fetchall()
        assert max(attempts for (attempts,) in database.execute("SELECT attempts FROM steps")) <= 3
    # A child that could not write for a lease is killed, and leaves what it was making: that goes when it is an hour old
    for path in (place.data.data / "tmp").iterdir():
        os.utime(path, (time.time() - 3700, time.time() - 3700))
    remove_strays(place.data.data / "tmp")
    check_nothing_partial(place)


def _ready(client):
    try:
        return client.get("/livez").status_code == 200
    except httpx.TransportError:
        return False


def _asked(client, number):
    answer = client.post("/v1/briefings", json={"article_ids": [f"desk:ferry{number}"]})
    return answer.raise_for_status().json()["id"]


def _live(client, briefing):
    def ended():
        answer = client.get(f"/v1/briefings/{briefing}")
        found = answer.json() if answer.is_success else {"state": "unknown"}
        assert found["state"] != "failed", json.dumps(found["revision"]["error"])
        return found if found["state"] == "live" else None

    return wait_for(ended, f"briefing {briefing}", 180)
