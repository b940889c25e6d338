"""The API on a free port of this machine, in a thread of this process, and a client of it: real HTTP, real server."""

from __future__ import annotations

import asyncio
import os
import random
import socket
import threading
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import count
from urllib.parse import urlsplit

import httpx
import uvicorn

from api.app import create_app
from api.protocol import HEAD_BYTES, BoundedProtocol
from briefing.accounts import keys
from briefing.accounts.keys import Scope

#: A browser's or a crowd's worth of connections. Idle ones are let go of well before the server does so, after five
#: seconds: what is sent at that moment is lost.
_MANY = httpx.Limits(max_connections=200, keepalive_expiry=1.0)


def make_key(place, *scopes):
    """A key with `scopes`, all of them by default."""
    with place.database.writing() as session:
        return keys.create(session, "tests", [Scope(scope) for scope in scopes] or [Scope.ADMIN], datetime.now(UTC))


def _ports():
    """Ports that the system gives to nobody by itself, each process of a test run having its own: one that it does give may be
    somebody else's when a server of ours comes to listen on it.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 4
    # Beyond 10080, to which no browser goes, and below what Linux gives away.
    first, after = 10_100 + 5_500 * worker, 10_100 + 5_500 * (worker + 1)
    # From anywhere: two runs on one machine do not meet.
    yield from range(random.randrange(first, after), after)
    while True:
        yield from range(first, after)


_offered, _offering = _ports(), threading.Lock()


def free_port():
    """A port of this machine that nobody listens on, and that nobody else is given soon."""
    with _offering:
        for port in _offered:
            with socket.socket() as probe, suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    raise AssertionError


class _Server(uvicorn.Server):
    """One that stops as soon as it is told to and nobody is connected: uvicorn's own looks ten times a second, and waits for
    a tenth at the end. Each of many hundreds of tests has a server.
    """

    async def startup(self, sockets=None):
        self._loop, self._told = asyncio.get_running_loop(), asyncio.Event()
        await super().startup(sockets)

    async def main_loop(self):
        for ticks in count():
            # Once a second it writes the answers' date anew.
            await self.on_tick(ticks)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), 0.1)
                return

    async def shutdown(self, sockets=None):
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)
            return
        for server in self.servers:
            server.close()
        await self.lifespan.shutdown()

    def stop(self):
        self._loop.call_soon_threadsafe(self._told.set)


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
    server = _Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.01)
    try:
        yield address
    finally:
        server.stop()
        thread.join()


@contextmanager
def client_of(place, *scopes):
    """Yield a client whose key has `scopes`, all of them by default."""
    app = create_app()
    headers = {"Authorization": f"Bearer {make_key(place, *scopes)}"}
    with (
        served(app) as address,
        httpx.Client(base_url=address, headers=headers, trust_env=False, timeout=60, limits=_MANY) as client,
    ):
        client.app = app
        yield client
    app.state.context.database.dispose()
