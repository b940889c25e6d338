"""A TCP proxy that fails on purpose: before Redis, PostgreSQL, an object store, an article source. Ours, on 127.0.0.1.

Switched while it runs; what is switched holds for connections that are open, too.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from contextlib import contextmanager, suppress

from tests.support.client import free_port

_BLOCK = 65536

#: Kind -> what its number means.
KINDS = {
    "pass": None,
    "delay": "seconds that every block is late",
    "trickle": "bytes a second, each way",
    "cut": None,  # open connections are closed, new ones as soon as they are accepted
    "reset": None,  # the same by RST
    "freeze": None,  # everything is accepted, nothing goes through
    "cut_after": "bytes of each connection's answer that go through",
    "refuse": None,  # nobody listens
}


class FaultProxy:
    """The proxy to `host:port`. `address` is (host, port) of its own; `connections` counts those it accepted."""

    def __init__(self, host, port, at="127.0.0.1"):
        self._target = (host, port)
        self.address = (at, free_port())
        self.connections = 0
        self._kind, self._number = "pass", None
        self._loop = asyncio.new_event_loop()
        self._server, self._open, self._thawed = None, set(), asyncio.Event()
        self._thawed.set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault-proxy", daemon=True)
        self._thread.start()
        self._wait(self._listen())

    def set(self, kind, number=None):
        """Be of this kind from now on, see `KINDS`."""
        assert (KINDS[kind] is None) == (number is None), f"{kind} takes {KINDS[kind] or 'no number'}"
        self._wait(self._switch(kind, number))

    def close(self):
        self._wait(self._switch("refuse", None))
        # Who had been let in, but not yet been met, by then.
        self._wait(self._switch("refuse", None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _wait(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _listen(self):
        self._server = await asyncio.start_server(self._meet, *self.address)

    async def _switch(self, kind, number):
        self._kind, self._number = kind, number
        (self._thawed.clear if kind == "freeze" else self._thawed.set)()
        if kind in {"cut", "reset", "refuse"}:
            for task in (found := list(self._open)):
                task.cancel()
            await asyncio.gather(*found, return_exceptions=True)
        if kind == "refuse" and self._server is not None:
            self._server.close()
            self._server = None
        elif kind != "refuse" and self._server is None:
            await self._listen()

    def _meet(self, reader, writer):
        self.connections += 1
        task = asyncio.ensure_future(self._accept(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)
        # Of a task that is cancelled before it begins, nothing of its own is carried out.
        task.add_done_callback(lambda _: self._end(writer))

    async def _accept(self, reader, writer):
        # A connection that is cut in mid-work ends here, quietly: its ends are told by their sockets.
        with suppress(OSError, asyncio.CancelledError, asyncio.IncompleteReadError):
            await self._serve(reader, writer)

    async def _serve(self, reader, writer):
        await self._go_on()
        beyond, behind = await asyncio.open_connection(*self._target)
        ways = [
            asyncio.ensure_future(self._pump(reader, behind, None)),
            asyncio.ensure_future(self._pump(beyond, writer, 0)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            # Before it waits: whoever is cut while it ends by itself would leave it open.
            self._end(behind)
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _pump(self, reader, writer, answered):
        """Pass on what comes; `answered` counts the bytes of an answer, None for the other way."""
        while block := await reader.read(_BLOCK):
            await self._go_on()
            if self._kind == "delay":
                await asyncio.sleep(self._number)
            if self._kind == "cut_after" and answered is not None and answered + len(block) > self._number:
                writer.write(block[: self._number - answered])
                await writer.drain()
                raise ConnectionAbortedError
            while block and self._kind == "trickle":
                writer.write(block[:1])
                await writer.drain()
                block = block[1:]
                await asyncio.sleep(1 / self._number)
            writer.write(block)
            await writer.drain()
            answered = answered if answered is None else answered + len(block)
        with suppress(OSError):
            writer.write_eof()

    async def _go_on(self):
        """Return when blocks may pass. Raises ConnectionAbortedError where they may not."""
        await self._thawed.wait()
        if self._kind in {"cut", "reset", "refuse"}:
            raise ConnectionAbortedError

    def _end(self, writer):
        if self._kind == "reset":
            # SO_LINGER of 0 seconds: closing sends RST, not FIN.
            linger = struct.pack("ii", 1, 0)
            with suppress(OSError):
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
        else:
            writer.close()


@contextmanager
def proxied(host, port, at="127.0.0.1"):
    """Run a proxy to `host:port` that listens `at` an address of this machine; yield it."""
    proxy = FaultProxy(host, port, at)
    try:
        yield proxy
    finally:
        proxy.close()
