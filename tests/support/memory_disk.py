"""A place in memory for what tests write: a disk makes each of them wait for what no power cut will ever ask for.

Every file that the product makes durable, and every commit, is synced: 2 ms each on the disk of a machine that is lent,
hundreds of thousands of times in a run. What the tests end is processes, whose files stay.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")

#: Bytes that must be free there: a run leaves 1.5 GB.
_ROOM = 6_000_000_000

#: What our folders there begin with; the process that they end with follows.
_PREFIX = "bc-tests-"


def lay_out() -> Path | None:
    """Have temporary files of this process and of all that it starts lie in memory; return their folder. None where
    somebody has said where they belong, or where there is no room or nothing there may be executed.
    """
    if "TMPDIR" in os.environ or not _MEMORY.is_dir() or os.statvfs(_MEMORY).f_flag & os.ST_NOEXEC:
        return None
    for left in _MEMORY.glob(f"{_PREFIX}*"):
        if not Path("/proc", left.name.removeprefix(_PREFIX)).exists():
            shutil.rmtree(left, ignore_errors=True)
    if shutil.disk_usage(_MEMORY).free < _ROOM:
        return None
    folder = _MEMORY / f"{_PREFIX}{os.getpid()}"
    folder.mkdir(mode=0o755)
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
    return folder
