"""`briefcast serve`: the API, and the embedded workers beside it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click
import uvicorn

from api.app import create_app
from api.protocol import HEAD_BYTES, BoundedProtocol
from briefing.database import Database
from briefing.errors import BadInput
from briefing.observing.logs import configure, get_logger
from briefing.settings import DataSettings, SigningSettings, WorkSettings
from briefing.sql.schema import migrate
from cli.place import warn_of_root
from worker.credentials.signer import open_signer

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Connections at a time; a process may usually open 1,024 files, and the database and readers' files need some.
_CONNECTIONS = 900

#: Seconds that answers under way get when told to stop; streams of events would go on for as long as they are read.
_LAST_ANSWERS_S = 5

#: Seconds the workers get to finish their steps; a little more than they give their children.
_GRACE_S = 30.0

#: Seconds before workers that ended by themselves are started again: the first time, and at most.
_AGAIN_S = (1.0, 30.0)

_log = get_logger("serve")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="Port to listen on.")
@click.option("--workers/--no-workers", default=True, help="Start the embedded workers too.")
def serve(host: str, port: int, *, workers: bool) -> None:
    """Serve the API, and work through what it records. Ctrl-C stops both."""
    configure()
    warn_of_root()
    data = DataSettings()
    WorkSettings()  # the workers' own, looked at here so that a mistake in them is told before anything starts
    if workers:
        open_signer(SigningSettings(), data.data, datetime.now(UTC))
    app = create_app()
    _check_free(host, port)
    migrate(Database(data.database_address))
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="warning",
        log_config=None,  # uvicorn's lines come out as ours do
        access_log=False,
        server_header=False,
        http=BoundedProtocol,
        h11_max_incomplete_event_size=HEAD_BYTES,
        limit_concurrency=_CONNECTIONS,
        # Whom to believe about addresses is BRIEFCAST_TRUSTED_PROXIES' to say.
        proxy_headers=False,
        timeout_graceful_shutdown=_LAST_ANSWERS_S,
    )
    with embedded_workers() if workers else nullcontext():
        _Server(config).run()


def _check_free(host: str, port: int) -> None:
    """Raise BadInput (cannot_listen) where nobody could listen: told now, not by a line among those of workers that
    have begun.
    """
    try:
        for family, kind, _, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            with socket.socket(family, kind) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                probe.bind(address)
                probe.listen()
    except OSError as error:
        message = f"cannot listen on {host}:{port}: {error.strerror}"
        hint = "Is it served already? Else name another --port, or a --host that is this machine's."
        raise BadInput(message, code="cannot_listen", hint=hint) from error


class _Server(uvicorn.Server):
    """Uvicorn, but for what it does after a signal: it raises it anew, which would end this process before its workers
    have been told to finish.
    """

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Have SIGTERM and SIGINT stop the server, and nothing more."""
        names = (signal.SIGTERM, signal.SIGINT)
        before = {name: signal.signal(name, self.handle_exit) for name in names}
        try:
            yield
        finally:
            for name, handler in before.items():
                signal.signal(name, handler)


class Workers:
    """The embedded workers in a process of their own, started again when it ends by itself, so that readers, whom the
    API serves all the while, are not all that is left of the product.
    """

    def __init__(self) -> None:
        self.deaths = 0
        """How often they ended by themselves."""
        self._stopping = threading.Event()
        self._starting = threading.Lock()
        self._process = self._started()
        self._watch = threading.Thread(target=self._keep, name="workers", daemon=True)
        self._watch.start()

    @property
    def pid(self) -> int:
        """The process at hand."""
        return self._process.pid

    def stop(self) -> None:
        """End them; the steps at hand are finished first."""
        with self._starting:
            self._stopping.set()
        self._process.terminate()
        try:
            self._process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._watch.join()

    def _started(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "cli.main", "work", "--parent", str(os.getpid())]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603  our own command

    def _keep(self) -> None:
        delay_s, longest_s = _AGAIN_S
        while True:
            status = self._process.wait()
            if self._stopping.is_set():
                return
            self.deaths += 1
            _log.error("the workers ended; they are started again", status=status, in_s=delay_s)
            if self._stopping.wait(delay_s):
                return
            delay_s = min(2 * delay_s, longest_s)
            with self._starting:
                if self._stopping.is_set():
                    return
                self._process = self._started()


@contextmanager
def embedded_workers() -> Iterator[Workers]:
    """Run the embedded workers while inside."""
    workers = Workers()
    try:
        yield workers
    finally:
        workers.stop()
