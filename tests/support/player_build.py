"""Packages of npm, the player's and others, put in place once, however many test processes ask for them.

It does not build anything; `npm run` in `PLAYER` does.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess

from tests.support.processes import ROOT

PLAYER = ROOT / "player"


def installed(folder=PLAYER) -> None:
    """Have the locked packages of a folder, the player's by default, in its node_modules.

    `npm ci` empties the folder first, so two at a time take each other's files away: a lock lets one
    process install and the others wait for it.

    Raises:
        AssertionError: npm is not here, or could not install.
    """
    assert shutil.which("npm"), "npm is missing: apt-get install npm (or ./run.sh test, which does)"
    lock, stamp = (folder / "package-lock.json").read_bytes(), folder / "node_modules" / ".installed"
    with (folder / "package-lock.json").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if stamp.exists() and stamp.read_bytes() == lock:
            return
        done = subprocess.run(["npm", "ci"], cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        stamp.write_bytes(lock)
