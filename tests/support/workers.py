"""The embedded runner of tests that kill many children: the real one, but its children are forked, not started.

A child that is killed is replaced in milliseconds instead of seconds of importing. Run as `python -m
tests.support.workers`; the engines of tests have no threads or native state that a fork would break.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback

import c2pa  # noqa: F401  loaded before forking, like those below

import worker.credentials.signer
import worker.runner as runner_module
import worker.running.perform  # noqa: F401
from briefing.observing.logs import configure
from briefing.podcasts.show import Show
from briefing.values import Article, ArticleRef
from tests.support.forked import keep
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


def main():
    configure()
    die_with_parent(int(sys.argv[1]))
    warm()
    if "again" in sys.argv[2:]:
        keep(supervise)
    else:
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
