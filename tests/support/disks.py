"""A small disk for tests, that can be filled and freed: a tmpfs, mounted while a test runs."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager, suppress


class Disk:
    """A disk at `folder`."""

    def __init__(self, folder):
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self, leave=0):
        """Leave `leave` bytes, to the page."""
        with self._filler.open("ab", buffering=0) as file:
            while (free := self.free()) > leave:
                try:
                    file.write(bytes(min(1 << 20, free - leave)))
                except OSError:
                    break

    def clear(self):
        """Free all that was filled."""
        with suppress(FileNotFoundError):
            self._filler.unlink()

    def free(self):
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_frsize


@contextmanager
def small_disk(folder, megabytes):
    """Mount a disk of that size at `folder`; yield it."""
    folder.mkdir(parents=True)
    options = f"size={megabytes}m,nr_inodes=10000"
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "briefcast-test", folder], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (
        f"a test mounts a small disk and may not ({done.stderr.strip()}): run the tests as root, or by `unshare -rm`"
    )
    try:
        yield Disk(folder)
    finally:
        # Lazily: a process that is still ending may have a file open.
        subprocess.run(["umount", "--lazy", folder], check=True)
