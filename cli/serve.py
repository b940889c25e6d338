"""`briefcast serve`: the API, and the embedded workers beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
import uvicorn

from briefing.database import Database
from briefing.logs import configure
from briefing.schema import migrate
from briefing.settings import DataSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Seconds the workers get to finish their steps; a little more than they give their children.
_GRACE_S = 30.0


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="Port to listen on.")
@click.option("--workers/--no-workers", default=True, help="Start the embedded workers too.")
def serve(host: str, port: int, *, workers: bool) -> None:
    """Serve the API, and work through what it records. Ctrl-C stops both."""
    configure()
    migrate(Database(DataSettings().database_address))
    if workers:
        with embedded_workers():
            _serve(host, port)
    else:
        _serve(host, port)


def _serve(host: str, port: int) -> None:
    uvicorn.run("api.app:create_app", factory=True, host=host, port=port, log_level="warning", server_header=False)


@contextmanager
def embedded_workers() -> Iterator[subprocess.Popen[bytes]]:
    """Run the embedded workers in a process of their own while inside; yields that process."""
    command = [sys.executable, "-m", "cli.main", "work", "--parent", str(os.getpid())]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603  our own command
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
