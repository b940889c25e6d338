"""A Debian with systemd as its first process, in a folder: booted by systemd-nspawn, with a network of its own that leads
nowhere. What it needs from outside is installed before it boots.

Knows nothing of Briefcast (`tests.image.units`).
"""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from tests.support.processes import wait_for

_PACKAGES = "ca-certificates,curl,dbus,postgresql,python3,python3-venv,redis-server"

#: systemd-nspawn ends with it where the machine wants to be booted again.
_AGAIN = 133

#: Of a shell in it: root's.
_SHELL = ("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8")


class Machine:
    """One that is off until `boot`. `kept` is a folder where Debian's part stays for the next time."""

    def __init__(self, folder, kept):
        self.root, self._log = folder / "root", folder / "console.log"
        self._process = None
        tar = kept / "machine.tar"
        if not tar.exists():
            making = kept / "machine.part.tar"
            options = ["--quiet", "--variant=important", f"--include={_PACKAGES}", "bookworm"]
            subprocess.run(["mmdebstrap", *options, making], check=True)
            making.rename(tar)
        self.root.mkdir()
        # Files of Debian's own users keep their owners by number, whoever has these numbers here.
        subprocess.run(["tar", "--extract", "--numeric-owner", "--directory", self.root, "--file", tar], check=True)

    def before(self, command, *options):
        """Run a command for the shell in it before it boots, with this machine's network."""
        words = ["systemd-nspawn", "--quiet", "--pipe", "--register=no", "--keep-unit", f"--directory={self.root}"]
        subprocess.run([*words, *options, "bash", "-c", command], stdin=subprocess.DEVNULL, check=True)

    def boot(self):
        """Start it, and wait until its systemd answers."""
        words = ["systemd-nspawn", "--quiet", "--boot", "--private-network", "--register=no", "--keep-unit"]
        with self._log.open("ab") as out:
            self._process = subprocess.Popen(
                [*words, "--console=pipe", f"--directory={self.root}"],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        wait_for(self._answers, "systemd", 120)

    def reboot(self):
        """Have it reboot, as an administrator does."""
        # Whoever is inside while it ends is stopped along with it, so nobody waits there.
        subprocess.Popen(self._inside("systemctl reboot"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        ended = self._process.wait(120)
        assert ended == _AGAIN, f"the machine ended with {ended}: {self._log.read_text(errors='replace')[-2000:]}"
        self.boot()

    def end(self):
        """Turn it off at once, if it is on."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(60)
            self._process.kill()
            self._process.wait()

    def run(self, command, **options):
        """Run a command for root's shell in it; return what it printed, or fail with what it said."""
        done = subprocess.run(self._inside(command), capture_output=True, text=True, check=False, **options)
        if done.returncode != 0:
            sys.exit(f"in the machine: {command}\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
        return done.stdout

    def _inside(self, command):
        spaces = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root", "--wd"]
        return ["nsenter", f"--target={self._leader()}", *spaces, "env", "-i", *_SHELL, "bash", "-c", command]

    def _leader(self):
        """The machine's first process, as this one calls it."""
        (task,) = Path(f"/proc/{self._process.pid}/task").iterdir()
        return (task / "children").read_text().split()[0]

    def _answers(self):
        if self._process.poll() is not None:
            sys.exit(f"the machine did not boot:\n{self._log.read_text(errors='replace')[-4000:]}")
        time.sleep(0.5)
        try:
            told = subprocess.run(
                self._inside("systemctl is-system-running"), capture_output=True, text=True, check=False
            )
        except (IndexError, FileNotFoundError):
            return False
        return told.stdout.strip() in {"running", "degraded"}
