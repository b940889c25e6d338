"""What the dispatcher and the runner survive by themselves."""

from __future__ import annotations

import os
import subprocess
import threading
import time

import pytest

from briefing.errors import DatabaseUnavailable
from tests.support.processes import wait_for
from worker import dispatcher, runner, sweep
from worker.workplace import holder_name


@pytest.mark.parametrize(("module", "supervisor"), [(dispatcher, "Dispatcher"), (runner, "Runner")])
def test_a_database_that_is_away_for_a_while_ends_nobody(place, monkeypatch, module, supervisor):
    # Given a database that is away at every other look / When the process goes round / Then it goes on going round
    looks = []

    def sometimes(workplace):
        looks.append(time.monotonic())
        if len(looks) % 2:
            raise DatabaseUnavailable("locked")
        return []

    monkeypatch.setattr(module, "_AWAY_S", 0.01)
    monkeypatch.setattr(module.sweep, "sweep", sometimes)
    object.__setattr__(place, "work", place.work.model_copy(update={"tick_s": 0.05, "workers": 0, "lease_s": 0.1}))
    running = getattr(module, supervisor)(place)
    if module is dispatcher:
        monkeypatch.setattr(running, "_ask_broker", lambda: None)
    thread = threading.Thread(target=running.run)
    thread.start()
    wait_for(lambda: len(looks) >= 4, "several looks")
    running.stop()
    thread.join(10)
    assert not thread.is_alive()


def test_only_old_files_with_our_names_are_strays(place):
    folder = place.data.data / "tmp"
    folder.mkdir(parents=True, exist_ok=True)
    old = time.time() - 7200
    for name, age in (
        ("0123456789abcdef.flac", old),
        ("0123456789abcdef-signed.mp3", old),
        ("fedcba9876543210.mp3", time.time()),
        ("notes.txt", old),
    ):
        (folder / name).write_bytes(b"x")
        os.utime(folder / name, (age, age))
    assert sweep.remove_strays(folder) == 2
    assert {path.name for path in folder.iterdir()} == {"fedcba9876543210.mp3", "notes.txt"}


def test_a_holders_name_tells_when_its_process_started():
    # Given two processes started a tick apart / Then their names would differ even if they had the same number
    processes = []
    for _ in range(2):
        processes.append(subprocess.Popen(["sleep", "60"]))
        time.sleep(0.05)
    try:
        host, numbers, started = zip(*(holder_name(process.pid).split(":") for process in processes), strict=True)
        assert len(set(host)) == 1
        assert [int(number) for number in numbers] == [process.pid for process in processes]
        assert int(started[0]) < int(started[1])
    finally:
        for process in processes:
            process.kill()
            process.wait()
