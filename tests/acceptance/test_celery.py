"""The main job on Celery: a real Redis, the Procfile's own processes, two workers, one of them killed with -9."""

from __future__ import annotations

import os
import signal
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.checks import check_published
from tests.support.client import free_port
from tests.support.processes import BIN, ROOT, alive, descendants, procfile, redis, running, wait_for
from tests.support.steptable import check_steps, rows, speaking_process


@pytest.fixture
def broker(tmp_path, monkeypatch):
    with redis(tmp_path / "redis") as address:
        monkeypatch.setenv("BRIEFCAST_BROKER_URL", address)
        monkeypatch.setenv("BRIEFCAST_WORKERS", "1")
        yield address


def test_two_workers_one_killed_in_mid_chunk(product, started, broker, tmp_path):
    data = Path(os.environ["BRIEFCAST_DATA"])
    with ExitStack() as stack:
        start = lambda name, port: stack.enter_context(running(procfile(name, port), tmp_path / f"{name}.log"))  # noqa: E731
        start("web", product.port)
        start("dispatcher", 0)
        workers = [start("worker", 1), start("worker", 2)]
        started(product)

        # Given a briefing being spoken by two workers / When the one that speaks loses its parent, killed with -9
        briefing = product.ask("tower")
        speaking = wait_for(lambda: speaking_process(data), "a worker that speaks")
        (victim,) = [worker for worker in workers if speaking in descendants(worker.pid)]
        os.kill(victim.pid, signal.SIGKILL)
        # Then its child does not stay behind with its model
        wait_for(lambda: not alive(speaking), "the child to follow")

        # And the other one finishes, and what is published holds in every respect
        done = product.finished(briefing)
        assert done["state"] == "live"
        check_published(product.client, done, tmp_path)
        assert check_steps(data) <= 2, "no more than what the victim held is done twice"
        assert rows(data, "SELECT count(*) FROM takes")[0][0] == done["revision"]["progress"]["steps_total"] - 3
        wait_for(lambda: product.client.get("/readyz").json()["broker"] == "ok", "the broker to be told of")


def test_redis_away_is_degraded_and_nothing_is_lost(product, started, tmp_path, monkeypatch):
    port = free_port()
    monkeypatch.setenv("BRIEFCAST_BROKER_URL", f"redis://127.0.0.1:{port}/0")
    monkeypatch.setenv("BRIEFCAST_WORKERS", "1")
    monkeypatch.setattr("tests.support.processes.free_port", lambda: port)
    with (
        running(procfile("web", product.port), tmp_path / "web.log"),
        running(procfile("dispatcher", 0), tmp_path / "d.log"),
    ):
        started(product)
        # Given no Redis / Then readiness says degraded, before anybody asks for anything / And requests are accepted
        wait_for(
            lambda: product.client.get("/readyz").json()["status"] == "degraded", "the broker's trouble to be told"
        )
        briefing = product.ask("cup-final", voice="silence")
        # When Redis and a worker come / Then it is made
        with redis(tmp_path / "redis"), running(procfile("worker", 1), tmp_path / "worker.log"):
            assert product.finished(briefing)["state"] == "live"
            wait_for(lambda: product.client.get("/readyz").json()["status"] == "ok", "its recovery to be told")


def test_the_procfile_runs_under_honcho(product, started, broker, tmp_path):
    command = [BIN / "honcho", "--procfile", str(ROOT / "Procfile"), "--app-root", str(tmp_path), "start"]
    command += ["--port", str(product.port), "web", "dispatcher", "worker", "speech"]
    with running(command, tmp_path / "honcho.log"):
        started(product)
        wait_for(lambda: product.client.get("/readyz").json()["broker"] == "ok", "the broker to be told of")
        assert product.finished(product.ask("cup-final", voice="silence", priority="bulk"))["state"] == "live"
        assert product.finished(product.ask("storm-damage", voice="silence"))["state"] == "live"
