"""What Celery may carry, and what it tells (S22)."""

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest
from kombu.exceptions import ContentDisallowed
from kombu.serialization import loads

from tests.support.processes import ROOT, environment
from worker.celery import PERFORM, app


class Program:
    """Runs when it is unpickled."""

    def __reduce__(self):
        return (exec, ("raise SystemExit('the program ran')",))


def test_a_message_that_is_a_program_is_not_unpickled():
    assert app.conf.accept_content == ["json"]
    assert app.conf.task_serializer == "json"
    assert app.conf.result_backend is None
    accept = {"application/json"}
    with pytest.raises(ContentDisallowed):
        loads(pickle.dumps(Program()), "application/x-python-serialize", "binary", accept=accept)
    with pytest.raises(ContentDisallowed):
        loads("!!python/object/apply:os.system ['true']", "application/x-yaml", "utf-8", accept=accept)


def test_a_message_can_name_one_task_alone():
    ours = {name for name in app.tasks if not name.startswith("celery.")}
    assert ours == {PERFORM}


def test_the_brokers_password_is_not_told():
    # Given a broker that is away / When a Celery command meets it / Then what it says has no password in it
    done = subprocess.run(
        [sys.executable, "-m", "celery", "-A", "worker.celery", "report"],
        cwd=ROOT,
        env=environment(BRIEFCAST_BROKER_URL="redis://me:very-secret-words@127.0.0.1:1/0"),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert "127.0.0.1" in done.stdout + done.stderr
    assert "very-secret" not in done.stdout + done.stderr


def test_a_process_that_stays_tells_when_it_is_root(monkeypatch):
    import io
    import os

    import structlog

    from briefing.observing import logs
    from cli.place import warn_of_root

    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    monkeypatch.setenv("BRIEFCAST_LOG_LEVEL", "INFO")
    logs.configure()
    try:
        for user in (1000, 0):
            monkeypatch.setattr(os, "geteuid", lambda user=user: user)
            warn_of_root()
    finally:
        structlog.reset_defaults()
    assert out.getvalue().count("running as root") == 1
