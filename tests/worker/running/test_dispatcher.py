"""What the dispatcher and the runner survive by themselves."""

from __future__ import annotations

import os
import subprocess
import threading
import time

import pytest

from briefing import steps
from briefing.errors import DatabaseUnavailable
from briefing.models import StepRow
from briefing.observing import workers
from briefing.states import Queue, StepKind
from tests.support.processes import wait_for
from worker import dispatcher, runner
from worker.running.perform import perform_next
from worker.running.ringing import answer
from worker.tasks import TASKS
from worker.upkeep import sweep
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
    thread.join(60)
    assert not thread.is_alive()


@pytest.fixture
def messages(place, monkeypatch):
    """What a broker holds, and a kind of step that is done at once."""
    sent = []

    def done(lease, place):
        with place.database.writing() as session:
            steps.finish(session, lease)

    monkeypatch.setattr(dispatcher, "ring", lambda step_id, queue, limit_s: sent.append(step_id))
    monkeypatch.setattr(dispatcher, "waiting", lambda queues: dict.fromkeys(queues, len(sent)))
    monkeypatch.setitem(TASKS, StepKind.PREPARE, done)
    return sent


def record(place, count, rank):
    with place.database.writing() as session:
        for _ in range(count):
            steps.record(session, StepKind.PREPARE, Queue.BULK, rank=rank)


def test_rings_that_newcomers_used_up_are_rung_anew_at_once(place, messages):
    # Given steps that were rung, and then newcomers whose turn it is before them
    dispatching = dispatcher.Dispatcher(place)
    dispatching._enough = 100
    record(place, 8, rank=9)
    dispatching._ring_due()
    assert len(messages) == 8
    record(place, 8, rank=1)
    # When every message has had one step done / Then all that are left are rung by the next look
    while messages:
        assert perform_next(place, (), messages.pop(0)) is Queue.BULK
    dispatching._ring_due()
    assert len(set(messages)) == 8
    while messages:
        perform_next(place, (), messages.pop(0))
    with place.database.reading() as session:
        assert {row.state for row in session.query(StepRow)} == {"done"}


def test_a_queue_gets_no_more_messages_than_its_workers_can_answer(place, messages):
    # Given many steps, and three workers who have been heard of
    for number in range(3):
        with place.database.writing() as session:
            report = workers.Report(f"here:{number}:1", "worker", "here", number, "1", {}, None)
            workers.report(session, report)
    dispatching = dispatcher.Dispatcher(place)
    dispatching._count_workers()
    record(place, 20, rank=1)
    # When the dispatcher looks again and again and nobody answers / Then each worker finds one, and a few are to spare
    for _ in range(4):
        dispatching._ring_due()
    assert messages == [1, 2, 3, 4, 5]
    # And what has been answered is made good, whichever steps that were
    for _ in range(2):
        answer(place, messages.pop(0), 1000.0)
    with place.database.reading() as session:
        assert {row.state for row in session.query(StepRow)} == {"done"}, "one ring does all there is"
    record(place, 20, rank=1)
    dispatching._ring_due()
    assert messages == [3, 4, 5, 21, 22]


def test_what_stays_due_however_often_it_is_rung_is_not_rung_in_a_busy_loop(place, messages, monkeypatch):
    # Given a step that cannot be marked, as somebody holds its row / When the dispatcher goes round / Then it rests
    # after every look
    waited = []

    class Stopping:
        def is_set(self):
            return len(waited) == 3 or len(messages) > 20

        def wait(self, seconds):
            waited.append(seconds)

    record(place, 1, rank=0)
    monkeypatch.setattr(steps, "mark_rung", lambda session, rung: None)
    dispatching = dispatcher.Dispatcher(place)
    monkeypatch.setattr(dispatching, "_ask_broker", lambda: None)
    dispatching._stopping = Stopping()
    dispatching._dispatch(type("Watchdog", (), {"alive": lambda self: None})())
    assert len(messages) == len(waited) == 3


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
