"""Hosts for tests: each with its own network, name, data folder and working folder, where the system lets us.

As root on Linux a host is a network namespace on a bridge, with a UTS namespace for its name: it reaches this machine's
services at the bridge's address only. Elsewhere it is a folder and an environment of its own.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
from contextlib import ExitStack, contextmanager, suppress
from itertools import count

from tests.support.processes import end, environment, running

_networks = count(os.getpid() % 200)


class Host:
    """One of them. `address` is where it is reached; `folder` holds all it has."""

    def __init__(self, name, folder, address, namespace=None):
        self.name, self.folder, self.address, self._namespace = name, folder, address, namespace
        self.data = folder / "var"
        folder.mkdir(parents=True)
        self._processes = []

    @contextmanager
    def runs(self, name, command, **extra):
        """Run a command there while inside; its output is in `log(name)`."""
        prefix = ["env", f"BRIEFCAST_DATA={self.data}", "bash", "-c", f"cd {self.folder}; exec {shlex.join(command)}"]
        if self._namespace:
            named = ["unshare", "--uts", "bash", "-c", f'hostname {self.name}; exec "$@"', "-"]
            prefix = ["ip", "netns", "exec", self._namespace, *named, *prefix]
        with running(prefix, self.log(name), **extra) as process:
            self._processes.append(process)
            yield process

    def log(self, name):
        return self.folder / f"{name}.log"

    def signal(self, number):
        """Send a signal to everything that runs there, at once: as when its power goes."""
        if self._namespace:
            pids = subprocess.run(["ip", "netns", "pids", self._namespace], capture_output=True, text=True, check=True)
            for pid in map(int, pids.stdout.split()):
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
            return
        for process in self._processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, number)

    def kill(self):
        """Kill everything that runs there with -9."""
        self.signal(signal.SIGKILL)
        for process in self._processes:
            end(process)


@contextmanager
def hosts(folder, *names):
    """Yield the address at which the hosts reach services of this machine, and the hosts."""
    if not _may():
        yield "127.0.0.1", [Host(name, folder / name, "127.0.0.1") for name in names]
        return
    number = next(_networks)
    bridge, net = f"bc{number}", f"10.213.{number % 250}"
    with ExitStack() as stack:
        _ip("link", "add", bridge, "type", "bridge")
        stack.callback(_ip, "link", "del", bridge)
        _ip("addr", "add", f"{net}.1/24", "dev", bridge)
        _ip("link", "set", bridge, "up")
        made = []
        for place, name in enumerate(names, 2):
            space, here = f"{bridge}-{name}", f"{bridge}v{place}"
            _ip("netns", "add", space)
            stack.callback(_ip, "netns", "del", space)
            _ip("link", "add", here, "type", "veth", "peer", "name", "eth0", "netns", space)
            _ip("link", "set", here, "master", bridge, "up")
            for inside in (["addr", "add", f"{net}.{place}/24", "dev", "eth0"], ["link", "set", "eth0", "up"], ["link", "set", "lo", "up"]):  # fmt: skip
                _ip("-n", space, *inside)
            made.append(Host(name, folder / name, f"{net}.{place}", space))
        yield f"{net}.1", made


def _may():
    """Whether namespaces can be made here."""
    if os.geteuid() != 0 or not shutil.which("ip"):
        return False
    probe = f"bc-probe-{os.getpid()}"
    if subprocess.run(["ip", "netns", "add", probe], capture_output=True, check=False).returncode:
        return False
    done = subprocess.run(["ip", "netns", "exec", probe, "unshare", "--uts", "true"], capture_output=True, check=False)
    _ip("netns", "del", probe)
    return done.returncode == 0


def _ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, capture_output=True, env=environment())
