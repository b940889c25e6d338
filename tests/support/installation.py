"""A whole installation for tests that cause faults: a newsroom, its processes, each started again when it ends.

As systemd or a container's host would keep them; killed ones come back, stopped ones (`stop`) do not.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from unittest import mock

import httpx

from briefing.settings import DataSettings, PublicSettings
from tests.support.client import free_port, make_key
from tests.support.logged_engine import FOLDER, calls
from tests.support.newsroom import make_place
from tests.support.processes import BIN, ROOT, end, environment, wait_for

NEWSROOM = """
[[shows]]
slug = "daily"
title = "The Test Ledger"
voice = "tone"
intro = "none"
outro = "none"

[[shows]]
slug = "held"
title = "Held Back"
voice = "tone"
publish = "hold"
intro = "none"
outro = "none"

[[shows]]
slug = "weekly"
title = "The Test Weekly"
voice = "tone"
intro = "none"
outro = "none"

[[sources]]
name = "desk"
kind = "files"
folder = "articles"
"""

VOICES = """
[[voices]]
id = "tone"
name = "Tone"
language = "en"
engine = "logged"
licence = "none"
attribution = "none"
fallback = "spare"

[[voices]]
id = "spare"
name = "Spare"
language = "en"
engine = "spare"
licence = "none"
attribution = "none"

[[voices]]
id = "wire"
name = "Wire"
language = "en"
engine = "wire"
licence = "none"
attribution = "none"
"""

ENTRY_POINTS = """[briefcast.engines]
wire = tests.support.logged_engine:WireEngine
logged = tests.support.logged_engine:LoggedEngine
spare = tests.support.logged_engine:SpareEngine
"""


#: Seconds from now on that are waited for by nobody: more than any pause after a failure.
_FAR_S = 1200


class Kept:
    """A process that is started again when it ends by itself or is killed."""

    def __init__(self, command, log, environment):
        self._command, self._log, self._environment = command, log, environment
        self._over = threading.Event()
        self.starts = 0
        self._start()
        self._watch = threading.Thread(target=self._keep, daemon=True)
        self._watch.start()

    @property
    def pid(self):
        return self.process.pid

    def kill(self, name=signal.SIGKILL):
        """Send a signal to it and what it started."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, name)

    def stop(self):
        self._over.set()
        end(self.process, 20)
        self._watch.join()

    def _start(self):
        self.starts += 1
        with self._log.open("ab") as out:
            self.process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=self._environment,
                start_new_session=True,
            )

    def _keep(self):
        while not self._over.is_set():
            self.process.wait()
            if not self._over.wait(0.1):
                self._start()


class Installation:
    """An installation below `folder`; `settings` are environment variables without their BRIEFCAST_."""

    def __init__(self, folder, **settings):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.port = folder, free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.data, self.articles, self.engine = folder / "var", folder / "articles", folder / "engine"
        self.engine.mkdir()
        (folder / "voices.toml").write_text(VOICES)
        self._install_engine(folder / "packages")
        given = {"LEASE_S": 2, "TICK_S": 0.25, "RING_AGAIN_S": 2, "LOG_LEVEL": "INFO", "DISK_FLOOR_MB": 0} | settings
        given |= {"DATA": self.data, "PUBLIC_URL": self.address, "VOICES": folder / "voices.toml"}
        self.settings = {f"BRIEFCAST_{name}": str(value) for name, value in given.items()}
        self.environment = {
            name: value
            for name, value in environment().items()
            if not name.startswith("BRIEFCAST_") and not name.lower().endswith("_proxy")
        } | {"PYTHONPATH": f"{ROOT}:{folder / 'packages'}", FOLDER: str(self.engine), **self.settings}
        self.kept = {}
        with mock.patch.dict(os.environ, self.settings):
            data = DataSettings()
            data.data.mkdir(exist_ok=True)
            self.place = make_place(folder, NEWSROOM)
            assert self.place.public == PublicSettings(public_url=self.address)
            self.client = httpx.Client(
                base_url=self.address,
                headers={"Authorization": f"Bearer {make_key(self.place)}"},
                trust_env=False,
                timeout=httpx.Timeout(60),
                limits=httpx.Limits(max_connections=50, max_keepalive_connections=0),
            )

    def _install_engine(self, packages):
        """Give every process the engines of tests, as a package of a third party would."""
        found = packages / "test_engines-1.dist-info"
        found.mkdir(parents=True)
        (found / "METADATA").write_text("Metadata-Version: 2.1\nName: test-engines\nVersion: 1\n")
        (found / "entry_points.txt").write_text(ENTRY_POINTS)

    def keep(self, name, command, **extra):
        """Keep a process running under `name`."""
        log = self.folder / f"{name}.log"
        self.kept[name] = Kept([str(part) for part in command], log, self.environment | extra)
        return self.kept[name]

    def serve(self, *how, **extra):
        """Keep the API running, without workers; wait until it answers. "again": forked anew when it dies."""
        command = (
            [sys.executable, "-m", "tests.support.forked", self.port]
            if how
            else [BIN / "briefcast", "serve", "--port", self.port, "--no-workers"]
        )
        self.keep("api", command, **extra)
        wait_for(self.answers, "the API", every=0.1)

    def work(self, *how, **extra):
        """Keep the embedded runner going, its children forked; "again": itself forked anew when it dies."""
        self.keep("workers", [sys.executable, "-m", "tests.support.workers", os.getpid(), *how], **extra)

    def close(self):
        for kept in self.kept.values():
            kept.stop()
        self.client.close()
        self.place.database.dispose()

    def answers(self):
        try:
            return self.client.get("/livez").status_code == 200
        except httpx.TransportError:
            return False

    def write(self, article, *paragraphs):
        """Write an article of the source "desk"."""
        path = self.articles / f"{article}.txt"
        temporary = path.with_suffix(".new")
        temporary.write_text("\n\n".join([f"{article.title()} in the news", *paragraphs]) + "\n")
        temporary.rename(path)

    def ask(self, article, key=None, seconds=60, **fields):
        """Ask for an article's audio until it is accepted; return the briefing."""
        headers = {"Idempotency-Key": key or f"{article}-{time.monotonic_ns()}"}
        return self.post("/v1/briefings", {"article_ids": [f"desk:{article}"], **fields}, headers, seconds)

    def put(self, path, body):
        """The same for PUT."""
        return self.post(path, body, method="PUT")

    def post(self, path, body, headers=None, seconds=60, expected=(200, 202), method="POST"):
        """Post until it is answered with one of `expected`: the server may be away, and that is what is tested."""
        deadline = time.monotonic() + seconds
        while True:
            with suppress(httpx.TransportError):
                answer = self.client.request(method, path, json=body, headers=headers, timeout=5)
                if answer.status_code in expected:
                    return answer.json()
                assert answer.status_code >= 500, f"{path}: {answer.status_code} {answer.text[:300]}"
            assert time.monotonic() < deadline, f"{path} was not accepted in {seconds} s"
            time.sleep(0.1)

    def rows(self, query, *values):
        """Rows of an SQL query; with `?` for values on SQLite, none on PostgreSQL."""
        with self.place.database.reading() as session:
            return session.connection().exec_driver_sql(query, values).fetchall()

    def settled(self):
        """Whether no step is waiting to be done or under way, but a digest's for its next time."""
        far = time.time() + _FAR_S
        return not self.rows(
            "SELECT 1 FROM steps WHERE state IN ('ready', 'leased', 'waiting') "
            f"AND NOT (kind = 'digest' AND coalesce(not_before, 0) > {far}) LIMIT 1"
        )

    def finish(self, seconds=300):
        """Wait until nothing is left to be done."""
        try:
            wait_for(self.settled, "all work to be done", seconds, every=0.1)
        except AssertionError:
            left = self.rows(
                "SELECT id, kind, state, revision_id, attempts, holder FROM steps WHERE state NOT IN ('done', 'dead')"
            )
            message = f"still to be done after {seconds} s: {left}"
            raise AssertionError(message) from None

    def states(self, briefing):
        """States and error codes of a briefing's revisions by number."""
        query = f"SELECT number, state, error_code FROM revisions WHERE briefing_id = '{briefing}' ORDER BY number"
        return [(state, code) for _, state, code in self.rows(query)]

    def spoken(self):
        """The engine's calls that ended, as (text, voice, variation)."""
        return [
            (call["text"], call["voice"], call["variation"]) for call in calls(self.engine) if call["what"] == "ends"
        ]

    def log(self, name):
        """The log of a process, as dictionaries."""
        lines = (self.folder / f"{name}.log").read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]


@contextmanager
def installed(folder, **settings):
    """Yield an installation; end its processes after."""
    made = Installation(folder, **settings)
    try:
        yield made
    finally:
        made.close()
