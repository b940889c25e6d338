"""Failpoints do nothing by themselves, and fail as often and where they are told, counted among all processes."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import structlog

from briefing.failpoints import VARIABLE, Action, Failpoint, FailpointReached, reach
from tests.support.failpoints import Failpoints
from tests.support.processes import ROOT, environment, wait_for

POINT = Failpoint.SPEAK_BEFORE


@pytest.fixture
def failing(tmp_path, monkeypatch):
    failing = Failpoints(tmp_path / "failing")
    monkeypatch.setenv(VARIABLE, str(failing.folder))
    return failing


def start(failing):
    code = f"from briefing.failpoints import reach; reach({POINT.value!r}); print('went on')"
    return subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env=environment(**failing.environment), stdout=subprocess.PIPE
    )


def test_unarmed_nothing_happens_whatever_lies_about(tmp_path, monkeypatch):
    failing = Failpoints(tmp_path / "failing")
    failing.arm(POINT, Action.RAISE)
    reach(POINT)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "nowhere"))
    reach(POINT)
    assert failing.waiting() == [(POINT, Action.RAISE)]


def test_a_name_that_is_no_point_is_a_mistake(failing):
    with pytest.raises(ValueError, match="nonsense"):
        reach("nonsense")
    with pytest.raises(ValueError, match="nonsense"):
        failing.arm("nonsense", Action.RAISE)


def test_it_raises_as_often_as_was_said_and_at_its_point_only(failing):
    failing.arm(POINT, Action.RAISE, times=2)
    reach(Failpoint.SPEAK_STORED)
    for _ in range(2):
        with pytest.raises(FailpointReached, match=r"speak\.before"):
            reach(POINT)
    reach(POINT)
    assert not failing.waiting()
    assert [part[:2] for part in failing.happened()] == [(POINT, Action.RAISE)] * 2


def test_the_third_who_comes(failing):
    failing.arm(POINT, Action.PASS, times=2)
    failing.arm(POINT, Action.RAISE)
    reach(POINT)
    reach(POINT)
    with pytest.raises(FailpointReached):
        reach(POINT)


def test_only_the_step_that_is_meant(failing):
    failing.arm(POINT, Action.RAISE, briefing="b1", attempt=1)
    reach(POINT)
    with structlog.contextvars.bound_contextvars(briefing="b1", attempt=2):
        reach(POINT)
    with structlog.contextvars.bound_contextvars(briefing="b1", attempt=1), pytest.raises(FailpointReached):
        reach(POINT)


def test_once_is_once_among_many(failing):
    failing.arm(POINT, Action.RAISE, times=3)

    def tried(_):
        try:
            reach(POINT)
        except FailpointReached:
            return 1
        return 0

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(tried, range(40))) == 3


def test_a_process_is_killed_and_the_next_goes_on(failing):
    failing.arm(POINT, Action.KILL)
    killed = start(failing)
    assert (killed.communicate()[0], killed.returncode) == (b"", -signal.SIGKILL)
    assert failing.happened() == [(POINT, Action.KILL, killed.pid)]
    assert start(failing).communicate()[0] == b"went on\n"


def test_a_process_hangs_until_it_is_let_go(failing):
    failing.arm(POINT, Action.HANG)
    hanging = start(failing)
    wait_for(failing.happened, "it to hang")
    time.sleep(0.2)
    assert hanging.poll() is None
    failing.let_go()
    assert hanging.communicate(timeout=60)[0] == b"went on\n"
