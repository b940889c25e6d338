"""A real PostgreSQL for tests: its own cluster on a free port, stopped, killed, frozen and restarted at will.

The server refuses root, so for root it runs as the account that Debian's package makes. Its folder is short-lived and
short in name. Without `fsync`, as a killed server loses nothing of what the kernel has; only a power cut would.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import psycopg

from briefing.database import Database
from briefing.sql.schema import migrate
from tests.support.client import free_port
from tests.support.processes import alive, descendants, wait_for

#: Accounts to run as where we are root, the first that there is.
_ACCOUNTS = ("postgres", "nobody")

_INSTALL = "PostgreSQL is missing: apt-get install postgresql (or ./run.sh test, which does)"

#: Role of our processes: owns its databases and may do nothing else, as docs/many-hosts.md has it.
_ROLE = "briefcast"

_TEMPLATE = "migrated"


class Postgres:
    """A cluster. `address` is that of a database with the newest schema, `port` where the server listens."""

    def __init__(self, folder, *, fsync=False):
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="bc-pg-", dir="/tmp"))
        folder.mkdir(parents=True, exist_ok=True)
        self.log = folder / "postgres.log"
        self._fsync = fsync
        self._account = _account()
        self._server = None
        self._made = 0
        self.address = ""

    def create(self):
        """Make the cluster, start it, and make the first database."""
        if self._account:
            os.chown(self.folder, self._account["user"], self._account["group"])
        options = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"]
        done = self._popen("initdb", "-D", str(self.folder / "data"), *options)
        assert done.wait(120) == 0, self.log.read_text()
        self.start()
        self.sql(f"CREATE ROLE {_ROLE} LOGIN")
        self.address = self.new_database()

    @property
    def pid(self):
        """The postmaster's process ID."""
        return self._server.pid

    def address_of(self, name, port=None):
        """The address of a database; `port` where something stands before the server."""
        return f"postgresql+psycopg://{_ROLE}@127.0.0.1:{port or self.port}/{name}"

    def new_database(self, *, migrated=True) -> str:
        """Make an empty database, at the newest schema if it is to be `migrated`; return its address."""
        if not self._made:
            self.sql(f"CREATE DATABASE {_TEMPLATE} OWNER {_ROLE}")
            database = Database(self.address_of(_TEMPLATE))
            migrate(database)
            database.dispose()
        self._made += 1
        name = f"test{self._made}"
        self.sql(f"CREATE DATABASE {name} OWNER {_ROLE} TEMPLATE {_TEMPLATE if migrated else 'template0'}")
        return self.address_of(name)

    def sql(self, statement, database="postgres"):
        """Run a statement as the superuser, outside a transaction; return its rows, if it has any."""
        address = f"host=127.0.0.1 port={self.port} user=postgres dbname={database} connect_timeout=30"
        with psycopg.connect(address, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def start(self):
        """Start the server and wait until it takes connections, after its recovery where it was killed."""
        options = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": 200,
            "shared_buffers": "32MB",
            "jit": "off",
            "deadlock_timeout": "200ms",
            # Of a test, nothing is worth tidying up; with hundreds of databases its workers would come five times a second.
            "autovacuum": "off",
            "fsync": "on" if self._fsync else "off",
            "full_page_writes": "on" if self._fsync else "off",
        }
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        self._server = self._popen("postgres", "-D", str(self.folder / "data"), *settings)
        wait_for(self._answers, "PostgreSQL")

    def stop(self):
        """Stop the server as an upgrade does: connections are cut, what was committed is kept."""
        self._server.send_signal(signal.SIGINT)
        self._server.wait(60)

    def restart(self):
        """Stop and start."""
        self.stop()
        self.start()

    def kill(self):
        """Kill the server and all of its processes with -9."""
        self._signal(signal.SIGKILL)
        self._server.wait(60)

    def freeze(self):
        """Stop all of its processes where they stand: the port takes connections, nothing answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self):
        """Let them go on."""
        self._signal(signal.SIGCONT)

    def end(self):
        """Kill what runs and remove the cluster."""
        if self._server is not None and self._server.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _signal(self, number):
        # The parent first, so that it starts no others; each of them leads a process group of its own.
        children = descendants(self.pid) if number == signal.SIGKILL else set()
        self._server.send_signal(number)
        for pid in children or descendants(self.pid):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue
        if number == signal.SIGKILL:
            wait_for(lambda: not any(map(alive, children)), "PostgreSQL's processes to end")

    def _answers(self):
        assert self._server.poll() is None, self.log.read_text()
        try:
            self.sql("SELECT 1")
        except psycopg.OperationalError:
            time.sleep(0.03)
            return False
        return True

    def _popen(self, program, *arguments):
        with self.log.open("ab") as out:
            return subprocess.Popen(
                [binaries() / program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=self.folder,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
                start_new_session=True,
                **(self._account or {}),
            )


@contextmanager
def postgres(folder, *, fsync=False):
    """Run a PostgreSQL of our own, its log in `folder`; yield it."""
    server = Postgres(folder, fsync=fsync)
    try:
        server.create()
        yield server
    finally:
        server.end()


def binaries():
    """Where the newest server lies; Debian keeps it out of the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if found:
        return found[-1].parent
    elsewhere = shutil.which("initdb")
    assert elsewhere, _INSTALL
    return Path(elsewhere).resolve().parent


def _account():
    """Whom to run as: none where we are not root."""
    if os.geteuid() != 0:
        return None
    for name in _ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise AssertionError(f"PostgreSQL refuses root, and there is none of the accounts {_ACCOUNTS}: {_INSTALL}")
