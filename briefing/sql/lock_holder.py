"""Which process holds SQLite's one write lock: one that hangs inside a transaction keeps all others from writing.

Looks only; asking by fcntl would mean opening the file, and closing it drops this process's own locks on it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import URL

#: Where the write lock lies in the `-shm` file (https://sqlite.org/walformat.html, "WAL locks").
_WAL_WRITE_LOCK = 120

#: A lock to write, as Linux tells of it (proc(5)).
_LOCK = re.compile(r"\d+: POSIX +\w+ +WRITE (?P<pid>\d+) \w+:\w+:(?P<inode>\d+) (?P<first>\d+) (?P<last>\d+)")


def lock_holder(address: URL) -> int | None:
    """Return the ID of the process of this machine that holds the write lock of the database at `address`, None where
    that cannot be told: nobody holds it, the database is another than SQLite, the system another than Linux.
    """
    if not address.drivername.startswith("sqlite") or not address.database:
        return None
    try:
        locks, inode = Path("/proc/locks").read_text(), Path(f"{address.database}-shm").stat().st_ino
    except OSError:
        return None
    for line in locks.splitlines():
        if found := _LOCK.fullmatch(line):
            of, first, last = (int(found[name]) for name in ("inode", "first", "last"))
            if of == inode and first <= _WAL_WRITE_LOCK <= last:
                return int(found["pid"])
    return None
