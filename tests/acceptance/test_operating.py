"""Operating the Procfile's processes: one request's lines from all of them, measures of prefork children, probes."""

from __future__ import annotations

import json
import os
import signal
from contextlib import ExitStack

from tests.support.client import free_port
from tests.support.command import briefcast
from tests.support.processes import procfile, redis, running, wait_for


def test_a_request_is_followed_and_measured_through_all_processes(product, started, tmp_path, monkeypatch):
    monkeypatch.setenv("BRIEFCAST_WORKERS", "1")
    monkeypatch.setenv("BRIEFCAST_HEARTBEAT_S", "0.5")
    monkeypatch.setenv("BRIEFCAST_LOG_LEVEL", "INFO")
    names = ("web", "dispatcher", "worker")
    with ExitStack() as stack:
        monkeypatch.setenv("BRIEFCAST_BROKER_URL", stack.enter_context(redis(tmp_path / "redis")))
        ports = {"web": product.port, "dispatcher": 0, "worker": free_port()}
        processes = {
            name: stack.enter_context(running(procfile(name, ports[name]), tmp_path / f"{name}.log")) for name in names
        }
        started(product)
        # Given a request with an ID / When workers elsewhere have done it
        answer = product.client.post(
            "/v1/briefings",
            json={"article_ids": ["samples:cup-final"], "voice": "silence"},
            headers={"X-Request-ID": "desk-1"},
        ).raise_for_status()
        made = product.finished(answer.json())
        assert made["state"] == "live"
        # Then the lines of all three processes lead along it
        logs = {name: (tmp_path / f"{name}.log").read_text() for name in names}
        found = {
            name: [json.loads(line) for line in briefcast("logs", "desk-1", text=text).stdout.splitlines()]
            for name, text in logs.items()
        }
        events = {name: {line["event"] for line in lines} for name, lines in found.items()}
        assert events["web"] >= {"revision recorded", "answered"}
        assert events["dispatcher"] == {"step rung"}
        assert events["worker"] >= {"step started", "step finished", "revision moved"}
        # And its child's counts come out at the API
        measured = lambda: product.client.get("/metrics", headers={"Authorization": ""}).text  # noqa: E731
        counted = 'briefcast_step_duration_seconds_count{engine="silence",kind="speak"}'
        # Every child reports now and then: what it told first may have been a part.
        chunks = float(made["revision"]["progress"]["steps_total"] - 3)
        assert chunks > 5
        spoken = wait_for(lambda: f"{counted} {chunks}" in (text := measured()) and text, "the child's report")
        assert 'briefcast_processes{role="dispatcher"} 1.0' in spoken
        # And probes tell who is alive
        assert [briefcast("health", role).returncode for role in ("worker", "dispatcher", "runner")] == [0, 0, 1]
        os.killpg(processes["worker"].pid, signal.SIGKILL)
        processes["worker"].wait()
        # Its child follows it within moments
        wait_for(lambda: briefcast("health", "worker").returncode == 1, "the probe to tell")
        # And what the killed one had reported is not lost
        assert counted + f" {chunks}" in measured()
