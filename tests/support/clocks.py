"""A process whose clock is wrong, and changes while it runs: `python -m tests.support.clocks FILE MODULE ARGUMENT…`.

Runs MODULE as `python -m` does; what our code is told of the time, by whatever way, is off by the seconds in FILE, which
is read at each look. Libraries are told the wrong time by `time.time` alone: they compare datetimes with their own
types. What is monotonic is left alone, as where somebody sets a host's clock.
"""

from __future__ import annotations

import datetime as dt
import importlib
import pkgutil
import runpy
import sys
import time
from pathlib import Path

import briefing
import worker


def set_clock(path, seconds):
    """Have processes that go by `path` be off by so much from now on."""
    written = path.with_suffix(".new")
    written.write_text(str(seconds))
    written.rename(path)


def go_by(path):
    """Be off, and whatever is forked, by what stands in `path`."""
    for package in (briefing, worker):
        for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            importlib.import_module(found.name)
    assert be_off(lambda: float(path.read_text()), setattr) > 10


def be_off(seconds, put):
    """Have what of our code is loaded be told a time that is off by `seconds()`, by `put` (`setattr` or pytest's own, which
    undoes it); return how many modules are told so by `datetime`.
    """
    real, true = dt.datetime, time.time

    class Told(real):
        @classmethod
        def now(cls, tz=None):
            return real.now(tz) + dt.timedelta(seconds=seconds())

    put(time, "time", lambda: true() + seconds())
    ours = [module for name, module in sys.modules.items() if name.split(".")[0] in {"briefing", "worker"}]
    return len([put(module, "datetime", Told) for module in ours if getattr(module, "datetime", None) is real])


if __name__ == "__main__":
    go_by(Path(sys.argv[1]))
    del sys.argv[:2]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
