"""The embedded runner of tests that kill many children: the real one, but its children are forked, not started.

A child that is killed is replaced in milliseconds instead of seconds of importing. Run as `python -m
tests.support.workers`; the engines of tests have no threads or native state that a fork would break.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import tempfile
import threading
import traceback
from contextlib import chdir
from pathlib import Path
from unittest import mock

import c2pa  # noqa: F401  loaded before forking, like those below
import pytest
from structlog.testing import capture_logs

import worker.credentials.signer
import worker.runner as runner_module
import worker.running.perform  # noqa: F401
from briefing.observing.logs import configure
from briefing.podcasts.show import Show
from briefing.values import Article, ArticleRef
from tests.support.asking import ask
from tests.support.forked import keep
from tests.support.newsroom import ARTICLE, make_place, work_off
from tests.support.once import share_statements
from worker.prepare import write_script
from worker.runner import Runner, die_with_parent, work
from worker.workplace import Workplace


class Forked:
    """As much of a Popen as the runner uses."""

    def __init__(self):
        parent = os.getpid()
        self.returncode = None
        self.pid = os.fork()
        if self.pid == 0:
            _child(parent)

    def poll(self):
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, seconds=None):
        waited = threading.Event()
        for _ in range(round((seconds or 60) / 0.05)):
            if self.poll() is not None:
                break
            waited.wait(0.05)
        return self.returncode

    def terminate(self):
        self._send(signal.SIGTERM)

    def kill(self):
        self._send(signal.SIGKILL)

    def _send(self, name):
        if self.poll() is None:
            os.kill(self.pid, name)


def _child(parent):
    status = 1
    try:
        stopping = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stopping.set())
        die_with_parent(parent)
        work(Workplace(), stopping)
        status = 0
    except BaseException:  # noqa: BLE001  a child must never return into its parent's code
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


class ForkingRunner(Runner):
    def _start_child(self, *, reserved):
        del reserved  # none is: what is tested is not who gets what
        return Forked()


def warm():
    """Load what reading an article takes once for all children: dictionaries, and the models of languages."""
    ref = ArticleRef(source="desk", id="warm")
    body = "The first of May\n\nThe ferry runs again from Monday.\n"
    article = Article(ref=ref, media_type="text/plain", body=body, form="page")
    write_script([article], Show(slug="warm", title="Warm", voice="tone"))


def warm_up():
    """Make a story elsewhere, so that children by the hundred find what making one loads and works out: statements are
    worded, templates compiled, clients of HTTP loaded.
    """
    share_statements(pytest.MonkeyPatch())
    with tempfile.TemporaryDirectory() as folder, chdir(folder), mock.patch.dict(os.environ), capture_logs():
        for name in [name for name in os.environ if name.startswith("BRIEFCAST_")]:
            del os.environ[name]
        os.environ["BRIEFCAST_DATA"] = f"{folder}/var"
        place = make_place(Path(folder))
        Path("articles/ferry.md").write_text(ARTICLE)
        ask(place, "ferry")
        work_off(place, verify=True)
        place.database.dispose()
    gc.freeze()


def main():
    die_with_parent(int(sys.argv[1]))
    warm()
    if "again" in sys.argv[2:]:
        warm_up()
        configure()
        keep(supervise)
    else:
        configure()
        supervise()


def supervise():
    # Children die here on purpose, and by dozens.
    runner_module._SHORT_LIFE_S = 0.1
    runner_module._STILL_LEASES = 3
    place = Workplace()
    runner = ForkingRunner(Workplace(busy_s=place.work.lease_s))
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: runner.stop())
    runner.run()


if __name__ == "__main__":
    main()
