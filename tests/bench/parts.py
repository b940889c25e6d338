"""Where the CPU of narrating goes, by kind of step and by part of it, in one process: `python -m tests.bench.parts`.

A process of its own, so that nothing it wraps stays wrapped. Prints JSON: seconds, files synced and transactions.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import defaultdict

from sqlalchemy import event

import worker.tasks.assemble
import worker.tasks.prepare
import worker.tasks.speak
from briefing.observing.logs import configure
from briefing.states import Queue
from tests.bench import newsroom
from worker.running import perform
from worker.running.shift import Shift, Wanted
from worker.workplace import Workplace

#: What of a step is no overhead: (module, name in it, what it counts as).
_WORK = (
    (worker.tasks.speak, "speak", "sound"),
    (worker.tasks.assemble, "produce", "sound"),
    (worker.tasks.prepare, "write_script", "text"),
    (worker.tasks.prepare, "cut", "text"),
)


def main(articles):
    """Narrate the newsroom's articles, all but a first one that warms up, and print what it cost."""
    configure()
    place = Workplace()
    newsroom.ask(place, [0])
    while perform.perform_next(place, tuple(Queue)):
        pass
    spent = Spent()
    spent.watch(place)
    newsroom.ask(place, range(1, articles + 1))
    spent.start()
    # As a child of the embedded runner does it.
    order = (Queue.INTERACTIVE, Queue.ONLINE, Queue.BULK)
    shift = Shift(place, lambda _: Wanted(order, tuple(perform.TASKS)))
    while perform.perform_next(place, order, shift=shift):
        pass
    ended = spent.end()
    assert newsroom.unsettled(place) == 0
    print(json.dumps(ended))


class Spent:
    """CPU seconds of this process by kind of step and by part, and how often it waited for the disk."""

    def __init__(self):
        self._by_kind = defaultdict(lambda: defaultdict(float))
        self._counts = defaultdict(int)
        self._began = 0.0

    def watch(self, place):
        """Begin to note what steps of `place` cost."""
        inside = []
        performed = perform._perform

        def noted(lease, place):
            began = time.process_time()
            inside[:] = [lease.kind.value]
            try:
                performed(lease, place)
            finally:
                self._by_kind[lease.kind.value]["all"] += time.process_time() - began
                self._counts[lease.kind.value] += 1

        perform._perform = noted
        for module, name, part in _WORK:
            self._note(module, name, part, inside)
        synced = os.fsync

        def sync(handle):
            self._counts["files synced"] += 1
            synced(handle)

        os.fsync = sync
        for moment, name in (("commit", "commits"), ("rollback", "reads")):
            event.listen(place.database.engine, moment, lambda _, name=name: self._count(name))

    def _count(self, name):
        self._counts[name] += 1

    def _note(self, module, name, part, inside):
        function = getattr(module, name)

        def noted(*arguments, **named):
            began = time.process_time()
            try:
                return function(*arguments, **named)
            finally:
                self._by_kind[inside[0]][part] += time.process_time() - began

        setattr(module, name, noted)

    def start(self):
        """Begin to count."""
        self._began = time.process_time()
        self._by_kind.clear()
        self._counts.clear()

    def end(self):
        """All of it, as JSON can say it."""
        return {
            "cpu_s": time.process_time() - self._began,
            "kinds": {kind: dict(parts) for kind, parts in self._by_kind.items()},
            "counts": dict(self._counts),
        }


if __name__ == "__main__":
    main(int(sys.argv[1]))
