"""A bounded HTTP client that costs less than the server it loads: `python -m tests.bench.reader PLAN`, JSON in and out.

A plan names `port`, `requests` (ready bytes, as latin-1 text, sent in turn), `connections`, `seconds`, and `rate` a
second, or 0 for as fast as answers come. A pipe never holds more than one request a connection. At a rate, time counts
from when a request was due, so that one that had to wait its turn is not told as fast.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from itertools import cycle


class _Connection(asyncio.Protocol):
    """One kept connection, one request at a time."""

    def __init__(self):
        self._buffer = bytearray()
        self._wanted = -1
        self.answered = None

    def connection_made(self, transport):
        self._transport = transport

    def ask(self, request):
        """Send a request; return what becomes its status."""
        self.answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self.answered

    def data_received(self, data):
        self._buffer += data
        if self._wanted < 0:
            head = self._buffer.find(b"\r\n\r\n")
            if head < 0:
                return
            lines = bytes(self._buffer[:head]).lower()
            start = lines.find(b"\r\ncontent-length:")
            length = int(lines[start + 17 :].split(b"\r\n", 1)[0]) if start >= 0 else 0
            self._wanted = head + 4 + length
        if len(self._buffer) >= self._wanted:
            status = int(self._buffer[9:12])
            del self._buffer[: self._wanted]
            self._wanted = -1
            self.answered.set_result(status)

    def connection_lost(self, exc):
        if self.answered is not None and not self.answered.done():
            self.answered.set_exception(exc or ConnectionError("closed"))


async def _load(plan):
    loop = asyncio.get_running_loop()
    requests = cycle([request.encode("latin-1") for request in plan["requests"]])
    statuses, took = Counter(), []
    began = time.perf_counter()
    deadline = began + plan["seconds"]
    numbers = iter(range(10**9))

    async def keep_asking():
        _, connection = await loop.create_connection(_Connection, "127.0.0.1", plan["port"])
        while time.perf_counter() < deadline:
            due = time.perf_counter()
            if plan["rate"]:
                due = began + next(numbers) / plan["rate"]
                if due >= deadline:
                    return
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
            statuses[await connection.ask(next(requests))] += 1
            took.append(time.perf_counter() - due)

    await asyncio.gather(*(keep_asking() for _ in range(plan["connections"])))
    took.sort()
    return {
        "statuses": statuses,
        "wall_s": time.perf_counter() - began,
        "p50_ms": took[len(took) // 2] * 1000,
        "p95_ms": took[int(len(took) * 0.95)] * 1000,
        "p99_ms": took[int(len(took) * 0.99)] * 1000,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_load(json.loads(sys.stdin.read())))))
