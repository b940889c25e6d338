"""gPodder's command line as a listener's app: a real client, with a home of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess


class Gpodder:
    """One listener's gPodder."""

    def __init__(self, home):
        self.program = shutil.which("gpo")
        assert self.program, "gPodder is missing: apt-get install --no-install-recommends gpodder (or ./run.sh test)"
        self.home = home

    def __call__(self, *arguments):
        """Run a command of it; return what it says."""
        environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        done = subprocess.run(
            [self.program, *arguments],
            env=environment | {"GPODDER_HOME": str(self.home), "PYTHONPATH": "", "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def episodes(self, *feed):
        """Guid and title of each episode it lists, the newest first."""
        lines = self("episodes", "--guid", *feed).splitlines()
        return [match.groups() for line in lines if (match := re.match(r"\s*\d+\.\s+(\S+)\s+\S+\s+(.*\S)", line))]

    def downloaded(self):
        """The files it has downloaded, by their bytes."""
        return sorted(path.read_bytes() for path in (self.home / "Downloads").rglob("*.mp3"))
