"""What Celery does in the faults that decide our settings, by a small app of its own on a real Redis.

`./run.sh bench celery`: a lost connection in mid-task, a child replaced while its model loads, a worker told to stop in
mid-task. Prints one line for each setting; takes two minutes, nearly all of it waiting.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from celery import Celery

from tests.support.brokers import broker
from tests.support.processes import descendants, running, wait_for

_APP = """
import json, os, pathlib, time
from celery import Celery
from celery.signals import worker_process_init

app = Celery("bench", broker=os.environ["BROKER"])
app.conf.update(task_acks_late=True, task_ignore_result=True, worker_prefetch_multiplier=1,
                broker_transport_options={"visibility_timeout": 2400, "socket_timeout": 15},
                broker_connection_retry_on_startup=True, **json.loads(os.environ["SETTINGS"]))
NOTES = pathlib.Path(os.environ["NOTES"])


def note(word):
    with NOTES.open("a") as file:
        file.write(word + "\\n")


@worker_process_init.connect
def load(**_):
    note("loading")
    time.sleep(float(os.environ.get("LOAD_S", "0")))
    note("loaded")


@app.task(name="work")
def work(seconds):
    note(f"begun-{seconds}")
    time.sleep(seconds)
    note(f"done-{seconds}")
"""


class Trial:
    """A worker of the small app with some settings, its Redis, and what its tasks wrote down."""

    def __init__(self, stack_folder, redis, settings, **environment):

        self.folder, self.redis = stack_folder, redis
        self.notes = stack_folder / "notes"
        self.notes.write_text("")
        (stack_folder / "bench_app.py").write_text(_APP)
        self.environment = {
            "BROKER": redis.address,
            "NOTES": str(self.notes),
            "SETTINGS": json.dumps(settings),
            "PYTHONPATH": str(stack_folder),
        } | environment
        self.app = Celery("bench", broker=redis.address)

    def worker(self):
        command = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "bench_app",
            "worker",
            "--concurrency",
            "1",
            "--without-gossip",
        ]
        return running([*command, "--without-mingle"], self.folder / "worker.log", **self.environment)

    def send(self, seconds):
        self.app.send_task("work", [seconds])

    def noted(self, word):
        return self.notes.read_text().split().count(word)

    def left(self):
        """Messages waiting, and messages taken and not acknowledged."""
        return self.redis.client.llen("celery"), self.redis.client.hlen("unacked")


def connection_lost(trial):
    """Kill Redis under a task of 10 s, and bring it back after 2 s; then send one more."""
    with trial.worker():
        trial.send(10)
        wait_for(lambda: trial.noted("begun-10"), "the task to begin", 120)
        trial.redis.kill()
        time.sleep(2)
        trial.redis.start(appendonly="yes")
        time.sleep(30)
        waiting, taken = trial.left()
        trial.send(0)
        taken_up = _within(60, lambda: trial.noted("done-0"))
        return (
            f"begun {trial.noted('begun-10')}, done {trial.noted('done-10')}, waiting {waiting}, unacknowledged {taken}; "
            f"a further task is {'done' if taken_up else 'NOT done'}"
        )


def _within(seconds, condition):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)
    return bool(condition())


def child_replaced(trial):
    """Kill the pool's child, whose model takes 8 s to load."""
    with trial.worker() as worker:
        wait_for(lambda: trial.noted("loaded"), "the first load", 120)
        time.sleep(3)
        (child,) = [pid for pid in descendants(worker.pid) if pid != worker.pid]
        os.kill(child, signal.SIGKILL)
        time.sleep(40)
        trial.send(0)
        said = "recovers" if _within(15, lambda: trial.noted("done-0")) else "never works again"
        return f"{said}; {trial.noted('loading')} loads begun, {trial.noted('loaded')} finished"


def told_to_stop(trial):
    """Tell a worker to stop in the midst of a task of 40 s."""
    with trial.worker() as worker:
        trial.send(40)
        wait_for(lambda: trial.noted("begun-40"), "the task to begin", 120)
        asked = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        try:
            worker.wait(60)
        except subprocess.TimeoutExpired:
            return "still there after 60 s"
        return f"ends after {time.monotonic() - asked:.1f} s, done {trial.noted('done-40')}, (waiting, unacknowledged) {trial.left()}"


_CANCEL = "worker_cancel_long_running_tasks_on_connection_loss"

TRIALS = [
    (connection_lost, {_CANCEL: False}, {}),
    (connection_lost, {_CANCEL: True}, {}),
    (child_replaced, {}, {"LOAD_S": "8"}),
    (child_replaced, {"worker_proc_alive_timeout": 120}, {"LOAD_S": "8"}),
    (told_to_stop, {}, {}),
    (told_to_stop, {}, {"REMAP_SIGTERM": "SIGQUIT"}),
    (told_to_stop, {"worker_soft_shutdown_timeout": 5}, {"REMAP_SIGTERM": "SIGQUIT"}),
]


def _tried(number):
    trial, settings, environment = TRIALS[number]
    with tempfile.TemporaryDirectory() as folder, broker(Path(folder) / "redis") as redis:
        redis.start(appendonly="yes")
        return (
            f"{trial.__name__} {settings} {environment}: {trial(Trial(Path(folder), redis, settings, **environment))}"
        )


def run():
    with ThreadPoolExecutor(3) as pool:
        for line in pool.map(_tried, range(len(TRIALS))):
            print(line, flush=True)
