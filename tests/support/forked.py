"""A process that is forked anew when it dies: what it loads is loaded once, so that tests that kill it by dozens stay quick.

As the API without workers: `python -m tests.support.forked PORT`.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback

from worker.runner import die_with_parent


def keep(run):
    """Run `run` in a child, and again in milliseconds when that dies, until told to stop."""
    stopping, at_work = threading.Event(), []

    def stop(*_):
        stopping.set()
        for pid in at_work:
            os.kill(pid, signal.SIGTERM)

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, stop)
    while not stopping.wait(0.1):
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            _child(run, parent)
        at_work[:] = [pid]
        if stopping.is_set():
            os.kill(pid, signal.SIGTERM)
        os.waitpid(pid, 0)
        at_work.clear()


def _child(run, parent):
    status = 1
    try:
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, signal.SIG_DFL)
        die_with_parent(parent)
        run()
        status = 0
    except BaseException:  # noqa: BLE001  a child must never return into its parent's code
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    from api.app import create_app
    from cli.main import main
    from cli.serve import serve  # noqa: F401

    create_app()  # before forking: what all apps of a process have in common
    keep(lambda: main(["serve", "--port", sys.argv[1], "--no-workers"]))
