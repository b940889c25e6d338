"""A container of an image, without isolation but for its files: its processes see this machine's network."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.support.processes import descendants, end

#: Seconds that compose and Kubernetes grant.
_GRACE_S = 40.0

#: What a container may write to: its volume and /tmp; and what buildah itself puts there.
_WRITABLE = ("var/lib/briefcast", "tmp", "proc", "sys", "dev", "run", "etc/hosts", "etc/resolv.conf")


class Container:
    """Files of an image, and what runs in them."""

    def __init__(self, buildah, image, folder):
        self._buildah, self._folder = buildah, folder
        self.name = buildah("from", "--pull-never", image)
        self.root = Path(buildah("mount", self.name))
        self.environment = {}
        self._began = time.time()

    def _command(self, *words, **more):
        told = [part for name, value in (self.environment | more).items() for part in ("--env", f"{name}={value}")]
        return self._buildah.command("run", "--isolation", "chroot", *told, self.name, "--", *words)

    def run(self, *words):
        """Run a command in it; return what it printed, or fail with what it said."""
        done = subprocess.run(self._command(*words), capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"{words} in the image: {done.stdout[-2000:]}{done.stderr[-4000:]}")
        return done.stdout.strip()

    def put(self, folder, target):
        """Copy a folder into it, for its user to read."""
        self._buildah("copy", "--chown", "10001", self.name, folder, target)
        self._began = time.time()

    @contextmanager
    def process(self, name, port):
        """Start what the image's entry starts for `name`; end it after."""
        command = self._command("/opt/briefcast/deploy/process", name, PORT=str(port))
        log = self._folder / f"{name}.log"
        with log.open("ab") as out:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
            )
            try:
                yield Started(name, process)
            except BaseException:
                sys.stderr.write(f"--- {name}\n{log.read_text(errors='replace')[-3000:]}\n")
                raise
            finally:
                for inner in descendants(process.pid):
                    _kill(inner)
                end(process)

    def written(self):
        """Return the files that were written since it was made, but for those that a read-only container may write."""
        found = []
        for parent, folders, files in os.walk(self.root):
            inside = Path(parent).relative_to(self.root)
            folders[:] = [one for one in folders if not str(inside / one).startswith(_WRITABLE)]
            found += [
                str(inside / one)
                for one in files
                if not str(inside / one).startswith(_WRITABLE) and (Path(parent) / one).lstat().st_ctime > self._began
            ]
        return found


class Started:
    """A process of the image."""

    def __init__(self, name, process):
        self.name, self._process = name, process

    def stop(self):
        """Tell the process itself to stop, as a runtime does; return the seconds until it has."""
        inner = next(pid for pid in sorted(descendants(self._process.pid)) if not _is_buildah(pid))
        began = time.monotonic()
        os.kill(inner, signal.SIGTERM)
        self._process.wait(_GRACE_S)
        return time.monotonic() - began


def _is_buildah(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"buildah")
    except OSError:
        return True


def _kill(pid):
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
