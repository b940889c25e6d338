"""`./run.sh image systemd`: a Debian that boots with systemd, on which the lines of docs/install.md are run as they stand; the
units narrate, are killed, restarted and rebooted at work, move to Celery and PostgreSQL, and come back from a backup.

The Debian is real and booted by systemd-nspawn (`machine`); it has this machine's kernel, and no network.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.image.building import CERTIFICATES, pip_conf
from tests.image.machine import Machine
from tests.support.processes import ROOT, wait_for

_KEPT = ROOT / "var" / "image"
_RELEASE = "/opt/briefcast-0.1.0"
_HOST = "http://127.0.0.1:8000"

#: What an administrator writes into the environment: first for one machine, then for Celery and PostgreSQL.
_ALONE = f"BRIEFCAST_PUBLIC_URL={_HOST}\n"
_SHARED = f"""{_ALONE}BRIEFCAST_DATABASE_URL=postgresql://briefcast:secret@127.0.0.1/briefcast
BRIEFCAST_BROKER_URL=redis://127.0.0.1:6379/0
"""

_DATABASE = """runuser -u postgres -- psql --quiet --command "CREATE DATABASE briefcast OWNER briefcast ENCODING 'UTF8' TEMPLATE template0" """

#: What was killed is known to be gone after a while, and until then this is refused.
_RELOCATE = """
until briefcast relocate /var/lib/briefcast 2>/run/said; do
    grep --quiet still_served /run/said || { cat /run/said; exit 1; }
    sleep 2
done
"""

_REDIS = "sed -i 's/^appendonly no/appendonly yes/; s/^# maxmemory-policy .*/maxmemory-policy noeviction/' /etc/redis/redis.conf"

#: Seconds: a start loads a model, and a busy machine takes its time.
_PATIENT_S = 300.0


def _say(what):
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {what}\n")


class Installed:
    """Briefcast on a machine, as docs/install.md has it."""

    def __init__(self, machine):
        self._machine, self._key = machine, ""
        page = (ROOT / "docs" / "install.md").read_text()
        one_host = page.split("## By systemd")[1].split("\n## ")[0]
        self._install, first, _upgrade = re.findall(r"```sh\n(.*?)```", one_host, re.DOTALL)
        (self._function,) = re.findall(r"```sh\n(briefcast\(\) \{.*?)```", page, re.DOTALL)
        # The last lines start it: without a broker, or with one.
        self._record, self._alone, self._shared = re.fullmatch(
            r"(.*)^(systemctl [^\n]*briefcast-one[^\n]*)\n^#[^\n]*\n^(systemctl .*)", first, re.DOTALL | re.MULTILINE
        ).groups()
        self.articles = []

    def install(self):
        """Install it and start it for one machine."""
        self._machine.run(f"set -e\n{self._install}")
        self.configure(_ALONE)
        samples = self._machine.root / "etc" / "briefcast"
        shutil.copytree(ROOT / "samples", samples, dirs_exist_ok=True)
        self.shell(self._record)
        self._machine.run(self._alone)
        self._key = self.shell("briefcast keys create --name units --scope admin").strip()

    def share(self):
        """Move it to PostgreSQL and Celery."""
        self._machine.run("systemctl disable --now briefcast-one briefcast-backup.timer")
        self._machine.run(f"{_REDIS} && systemctl restart redis-server")
        role = "CREATE ROLE briefcast LOGIN PASSWORD 'secret'"
        self._machine.run(f'cd / && runuser -u postgres -- psql --quiet --command "{role}" && {_DATABASE}')
        self.configure(_SHARED)
        self.shell(_RELOCATE)
        self._machine.run(self._shared)

    def lose_and_restore(self):
        """Make a backup by its unit, lose data folder, database and Redis, and restore."""
        self._machine.run("systemctl start briefcast-backup && systemctl stop 'briefcast*'")
        self._machine.run("mv /var/lib/briefcast /var/lib/lost && redis-cli flushall")
        self._machine.run("install -d -o briefcast -g briefcast -m 0750 /var/lib/briefcast")
        drop = 'runuser -u postgres -- psql --quiet --command "DROP DATABASE briefcast"'
        self._machine.run(f"cd / && {drop} && {_DATABASE}")
        self.shell("briefcast restore /srv/briefcast-backup")
        self._machine.run(self._shared)

    def configure(self, environment):
        """Write the environment of the units; the file keeps its owner and mode."""
        (self._machine.root / "etc" / "briefcast" / "environment").write_text(environment)

    def shell(self, lines):
        """Run lines in root's shell, which has the page's function."""
        return self._machine.run(f"set -e\n{self._function}\n{lines}")

    def ask(self, *articles):
        """Ask for articles of the samples."""
        for article in articles:
            self.articles.append(self._api("/v1/briefings", {"article_ids": [f"samples:{article}"]})["id"])

    def finish(self):
        """Wait until all that was asked for is live and found so by whoever fetches it."""
        wait_for(lambda: all(self._live(one) for one in self.articles), "all to be live", _PATIENT_S)

    def ready(self):
        """Wait until the installation says that all is well."""
        wait_for(lambda: '"status":"ok"' in self._curl("/readyz || true"), "/readyz", _PATIENT_S)

    def _live(self, briefing):
        found = self._api(f"/v1/briefings/{briefing}")
        checked = found["revision"]["verification"] or {}
        time.sleep(0.2)
        assert found["revision"]["error"] is None, found
        return found["state"] == "live" and checked.get("state") == "verified"

    def _api(self, path, body=None):
        data = [] if body is None else ["--header 'Content-Type: application/json'", f"--data '{json.dumps(body)}'"]
        return json.loads(self._curl(" ".join([path, "--fail-with-body", *data])))

    def _curl(self, words):
        # Whoever asks while the API is started again asks once more.
        patience = "--retry 60 --retry-connrefused --retry-delay 1"
        return self._machine.run(
            f"curl --silent {patience} --header 'Authorization: Bearer {self._key}' {_HOST}{words}"
        )


def _kill(machine, unit):
    """Kill a unit's first process and all of its children, as a lack of memory may; return when systemd has started another."""
    old = machine.run(f"systemctl show --property MainPID --value {unit}").strip()
    machine.run(f"kill -9 $(pgrep --parent {old}) {old}")
    wait_for(
        lambda: machine.run(f"systemctl show --property MainPID --value {unit}").strip() not in {"0", old}, unit, 60
    )


def _closed(machine):
    """Check what is said of the units: confined, and the data folder closed to others."""
    assert machine.run("stat -c '%U:%G %a' /var/lib/briefcast").strip() == "briefcast:briefcast 750"
    assert machine.run("systemctl --failed --plain --no-legend").strip() == ""
    lines = machine.run("journalctl --unit 'briefcast*' --output cat _UID=$(id -u briefcast)").splitlines()
    # Celery says two of its own when it is told to stop, and so does `backup`, of what it made.
    strange = [
        one for one in lines if not one.startswith(("{", "worker: ", "not in the backup: ", "20", "briefcast: "))
    ]
    assert strange == [], strange


def _release(machine, secret):
    """Put this working tree's files where a release's are, and install what it needs from outside."""
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    place = machine.root / _RELEASE.lstrip("/")
    place.mkdir()
    pack = ["tar", "--create", "--null", "--files-from=-", "--ignore-failed-read"]
    packed = subprocess.run(pack, input=files, cwd=ROOT, capture_output=True, check=True)
    subprocess.run(["tar", "--extract", "--no-same-owner", "--directory", place], input=packed.stdout, check=True)
    options = [f"--bind-ro={pip_conf(secret)}:/etc/pip.conf"]
    if CERTIFICATES.exists():
        options.append(f"--bind-ro={CERTIFICATES}")
    machine.before(f"{_RELEASE}/run.sh install", *options)


def main(folder):
    """Do all of it in a folder of its own."""
    _KEPT.mkdir(parents=True, exist_ok=True)
    _say("a Debian of its packages")
    machine = Machine(folder, _KEPT)
    installed = Installed(machine)
    _release(machine, folder)
    try:
        machine.boot()
        _say("it has booted: docs/install.md, on one machine")
        installed.install()
        installed.ask("reactor-inspection")
        installed.finish()
        _say("live; killed at work, then rebooted at work")
        installed.ask("harbour-bridge", "port-authority")
        _kill(machine, "briefcast-one")
        installed.ask("storm-damage")
        machine.reboot()
        installed.finish()
        _say("all is live; to Celery and PostgreSQL")
        installed.share()
        installed.ready()
        installed.ask("budget-vote", "ferry-strike")
        _kill(machine, "briefcast-worker@worker")
        machine.run("systemctl restart briefcast-web briefcast-dispatcher")
        installed.finish()
        _say("all is live; lost, and restored from the backup")
        installed.lose_and_restore()
        installed.ready()
        installed.ask("cup-final")
        installed.finish()
        installed.shell("briefcast doctor")
        _closed(machine)
    finally:
        machine.end()
    _say("all well")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="bc-units-") as made:
        main(Path(made))
