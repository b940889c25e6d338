"""Real processes for tests: our commands, Redis, what the Procfile names. Each is ended by its own process ID."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from tests.support.client import free_port

ROOT = Path(__file__).parent.parent.parent
BIN = Path(sys.executable).parent


def environment(**extra):
    """The environment for our processes: the test's own, with this virtual environment first in the path."""
    return os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}", "PYTHONUNBUFFERED": "1"} | extra


def briefcast(*arguments, text=None, data=None, **options):
    """Run our command with `text` or the bytes `data` as its input and return what came of it, as text."""
    done = subprocess.run(
        [BIN / "briefcast", *map(str, arguments)],
        input=data if text is None else text.encode(),
        capture_output=True,
        timeout=300,
        env=environment(),
        check=False,
        **options,
    )
    done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
    return done


@contextmanager
def running(command, log, **extra):
    """Run a command in a process group of its own; end the group after."""
    with Path(log).open("ab") as out:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=environment(**extra), start_new_session=True
        )
        try:
            yield process
        finally:
            end(process)


def end(process, grace_s=15):
    """End a process and what it started: politely, then for certain."""
    for name in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, name)
        except ProcessLookupError:
            break
        try:
            process.wait(grace_s)
            break
        except subprocess.TimeoutExpired:
            continue
    process.wait()


def procfile(name, port):
    """The command that the Procfile gives for a process, for the shell."""
    for line in (ROOT / "Procfile").read_text().splitlines():
        kind, _, command = line.partition(": ")
        if kind == name:
            return [
                "bash",
                "-c",
                f"export PORT={port}; exec env {command}"
                if "=" in command.split()[0]
                else f"export PORT={port}; exec {command}",
            ]
    raise AssertionError(name)


@contextmanager
def redis(folder):
    """Run a Redis of our own; yield its address."""
    server = shutil.which("redis-server")
    assert server, "redis-server is missing: apt-get install redis-server (or ./run.sh test, which does)"
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    options = {
        "port": port,
        "bind": "127.0.0.1",
        "dir": folder,
        "appendonly": "yes",
        "save": "",
        "maxmemory-policy": "noeviction",
    }
    command = [server, *(part for name, value in options.items() for part in (f"--{name}", str(value)))]
    with running(command, folder / "redis.log"):
        wait_for(lambda: "Ready to accept" in (folder / "redis.log").read_text(), "Redis")
        yield f"redis://127.0.0.1:{port}/0"


def wait_for(condition, what, seconds=120.0, every=0.02):
    """Wait until `condition()` gives something true; return that. `every` so many seconds it is asked: more, where that
    takes long and what is waited for stays.
    """
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited {seconds:g} s for {what}"
        time.sleep(every)
    return found


def alive(pid):
    """Whether a process runs; one that has ended and waits for its parent to notice does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def descendants(pid):
    """Process IDs below `pid`, from /proc."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            parents[int(entry.name)] = int(re.sub(r".*\) ", "", stat, flags=re.DOTALL).split()[1])
    found, wanted = set(), {pid}
    while wanted:
        wanted = {child for child, parent in parents.items() if parent in wanted} - found
        found |= wanted
    return found
