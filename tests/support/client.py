"""The API on a free port of this machine, in a thread of this process, and a client of it: real HTTP, real server."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx
import uvicorn

from api.app import create_app
from api.protocol import HEAD_BYTES, BoundedProtocol
from briefing import keys
from briefing.keys import Scope

#: A browser's or a crowd's worth of connections.
_MANY = httpx.Limits(max_connections=200)


def make_key(place, *scopes):
    """A key with `scopes`, all of them by default."""
    with place.database.writing() as session:
        return keys.create(session, "tests", [Scope(scope) for scope in scopes] or [Scope.ADMIN], datetime.now(UTC))


def free_port():
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def served(app):
    """Have `app` answer at its public address; yield that."""
    address = app.state.context.address
    port = urlsplit(address).port
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        log_level="critical",
        server_header=False,
        proxy_headers=False,
        http=BoundedProtocol,
        h11_max_incomplete_event_size=HEAD_BYTES,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.01)
    try:
        yield address
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def client_of(place, *scopes):
    """Yield a client whose key has `scopes`, all of them by default."""
    app = create_app()
    headers = {"Authorization": f"Bearer {make_key(place, *scopes)}"}
    with (
        served(app) as address,
        httpx.Client(base_url=address, headers=headers, trust_env=False, timeout=30, limits=_MANY) as client,
    ):
        client.app = app
        yield client
    app.state.context.database.dispose()
