"""A bucket's faults: killed in mid-upload and between upload and commit, a flipped byte, a server that is away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select, update

from briefing.models import RevisionRow, StepRow, TakeRow
from briefing.states import Queue, StepKind
from tests.support.asking import ask, briefing_row, revision_row, step_rows
from tests.support.client import client_of
from tests.support.newsroom import ARTICLE, make_place, work_off
from tests.support.processes import environment, wait_for
from tests.support.proxy import proxied
from tests.support.s3 import s3
from worker.running.perform import perform_next
from worker.upkeep import sweep

#: Performs steps in a process of its own until one calls what is to kill it.
PERFORM = """
import os, signal
from briefing.states import Queue
from worker.running.perform import perform_next
from worker.workplace import Workplace
import {module} as module
setattr(module, "{name}", lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
place = Workplace()
while perform_next(place, tuple(Queue)):
    pass
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with s3(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def proxy(server):
    host, port = server.address.removeprefix("http://").split(":")
    with proxied(host, int(port)) as proxy:
        yield proxy


@pytest.fixture
def place(server, proxy, tmp_path, monkeypatch):
    """A newsroom whose files are in a bucket of its own prefix, reached through the proxy."""
    server.empty()
    settings = server.settings("paper", "http://{}:{}".format(*proxy.address)) | {"BRIEFCAST_LEASE_S": "1"}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    place = make_place(tmp_path)
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    yield place
    place.database.dispose()


def until(place, revision, kind):
    """Perform steps up to the first of `kind`."""
    while True:
        ready = [step for step in step_rows(place, revision) if step.state == "ready"]
        others = [step for step in ready if step.kind != kind]
        if ready and not others:
            return
        assert perform_next(place, tuple(Queue), others[0].id)


def performer(name="worker.running.perform.nothing"):
    module, _, attribute = name.rpartition(".")
    code = PERFORM.format(module=module, name=attribute)
    return subprocess.Popen([sys.executable, "-c", code], env=environment())


def freed(place):
    """Wait until the lease of who was killed has run out."""
    wait_for(lambda: sweep.free_expired(place), "the lease to run out")


def blobs(server):
    """The objects that hold blobs, each checked to be whole."""
    import hashlib

    found = server.keys("paper/private/blobs/")
    for key in found:
        assert hashlib.sha256(server.get(key).content).hexdigest() == key.rpartition("/")[2], key
    return set(found)


def attempts(place, revision):
    return sorted(step.attempts for step in step_rows(place, revision) if step.kind != StepKind.VERIFY)


def test_killed_in_mid_upload_leaves_no_object(place, server, proxy):
    _, revision, _ = ask(place, "ferry")
    until(place, revision, StepKind.ASSEMBLE)
    before = blobs(server)
    # Given a worker that has begun to upload the MP3, slowly / When it is killed with -9
    worker = performer()
    wait_for(lambda: list((place.data.data / "tmp").glob("*.mp3")), "the MP3")
    proxy.set("trickle", 5000)
    wait_for(lambda: len(server.keys("paper/private/blobs/")) > len(before), "the transcript, which comes first")
    time.sleep(1)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    # Then nothing of it is there, and the retry publishes it once
    proxy.set("pass")
    time.sleep(0.5)
    assert [server.get(key).headers["content-type"] for key in blobs(server) - before] == ["application/json"]
    assert server.uploads() == 0
    freed(place)
    work_off(place)
    assert revision_row(place, revision).state == "live"
    assert attempts(place, revision)[-2:] == [1, 2]
    blobs(server)


@pytest.mark.parametrize(
    ("kind", "victim"),
    [(StepKind.SPEAK, "worker.tasks.speak.save_take"), (StepKind.ASSEMBLE, "worker.tasks.assemble.save_master"),
     (StepKind.PUBLISH, "worker.tasks.publish.record")],
)  # fmt: skip
def test_killed_between_the_upload_and_the_commit(place, server, kind, victim):
    briefing, revision, _ = ask(place, "ferry")
    until(place, revision, kind)
    worker = performer(victim)
    assert worker.wait(120) == -signal.SIGKILL
    # Then what was uploaded is whole, and nothing names it yet
    stored = blobs(server)
    with place.database.reading() as session:
        assert {
            f"paper/private/blobs/{take.sha256[:2]}/{take.sha256}" for take in session.scalars(select(TakeRow))
        } <= stored
    assert briefing_row(place, briefing).live_revision is None
    # And the retry finds it there and goes on, and what is heard changes once
    freed(place)
    work_off(place)
    assert briefing_row(place, briefing).live_revision == revision
    assert attempts(place, revision)[-2:] == [1, 2]
    with place.database.reading() as session:
        assert [row.state for row in session.scalars(select(RevisionRow))] == ["live"]
    if kind is StepKind.SPEAK:
        assert stored <= blobs(server), "the same bytes, under the same name"


def test_a_flipped_byte_in_the_bucket_is_spoken_again_never_stitched(place, server, proxy):
    _, revision, _ = ask(place, "ferry")
    until(place, revision, StepKind.ASSEMBLE)
    # Given a take damaged in the bucket, and no copy of it where the MP3 is made
    with place.database.reading() as session:
        victim = session.scalars(select(TakeRow).order_by(TakeRow.sha256)).first().sha256
    key = f"paper/private/blobs/{victim[:2]}/{victim}"
    content = bytearray(server.get(key).content)
    content[len(content) // 2] ^= 1
    server.put(key, bytes(content))
    place.storage._copies.drop(victim)
    # When it is made / Then the take is spoken again, and what the bucket holds is whole
    work_off(place)
    assert revision_row(place, revision).state == "live"
    assert len([step for step in step_rows(place, revision) if step.kind == StepKind.SPEAK]) == 6
    blobs(server)


def test_a_bucket_that_is_away_puts_work_off_and_nothing_fails(place, server, proxy):
    _, revision, _ = ask(place, "ferry")
    until(place, revision, StepKind.SPEAK)
    proxy.set("refuse")
    assert perform_next(place, tuple(Queue))
    waiting = [step for step in step_rows(place, revision) if step.error_code]
    assert [(step.state, step.attempts, step.error_code) for step in waiting] == [("ready", 0, "storage_unavailable")]
    proxy.set("pass")
    with place.database.writing() as session:
        session.execute(update(StepRow).values(not_before=None))
    work_off(place)
    assert revision_row(place, revision).state == "live"


def test_readers_are_told_to_come_again_and_others_do_not_wait(place, proxy):
    ask(place, "ferry")
    work_off(place)
    with client_of(place) as client:
        url = client.get("/v1/articles/desk/ferry/audio").raise_for_status().json()["url"]
        proxy.set("refuse")
        for path in (url, "/v1/articles/desk/ferry/audio", "/articles/desk/ferry.mp3", "/shows/daily/feed.xml"):
            answer = client.get(path)
            assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable"), path
            assert answer.headers["retry-after"]
            assert "AKIA" not in answer.text
        # And while the bucket says nothing at all, whoever needs none of it is answered
        proxy.set("freeze")
        waiting = [threading.Thread(target=lambda: _gone(client, url)) for _ in range(8)]
        for thread in waiting:
            thread.start()
        time.sleep(0.5)
        assert all(thread.is_alive() for thread in waiting), "the bucket has not answered"
        assert client.get("/livez", timeout=10).status_code == 200
        assert client.get("/v1/voices", timeout=10).status_code == 200
        proxy.set("pass")
        for thread in waiting:
            thread.join(60)
            assert not thread.is_alive()


def _gone(client, url):
    try:
        client.get(url, timeout=60)
    except httpx.TransportError:
        return


def test_a_reader_of_a_large_file_costs_little_memory(place):
    # Given an MP3 of 30 MB in the bucket / When four readers fetch it at once / Then the server holds blocks, not files
    path = place.storage.temporary(".mp3")
    path.write_bytes(os.urandom(30_000_000))
    sha256 = place.storage.put(path)
    place.files.put_audio(sha256)
    with client_of(place) as client:
        before = _peak_kb()
        sizes = []

        def read():
            with client.stream("GET", f"/audio/{sha256}.mp3") as answer:
                sizes.append(sum(len(block) for block in answer.iter_bytes()))

        readers = [threading.Thread(target=read) for _ in range(4)]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        assert sizes == [30_000_000] * 4
        assert _peak_kb() - before < 30_000, "less than one of them"


def _peak_kb():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
