"""Uvicorn's HTTP protocol, with a bound on the time in which a request's head must come.

Without it, connections that send a byte now and then stay open for ever, and some hundreds of them leave no place for
others ("slowloris"). Bodies have their own bounds (`api.headers`, `api.jingles`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

#: Seconds in which a request's line and headers must have come in full.
HEAD_S = 10.0

#: Bytes of a request's line and headers.
HEAD_BYTES = 16_384


#: Bytes that wait for more at most; whoever writes more than that is told at once when a reader is slow.
_JOINED_BYTES = 65_536


class _Joining:
    """A transport that sends what is written in one turn of the loop at once: an answer's head goes with its body."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._waiting: list[bytes] = []
        self._bytes = 0

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  all that is not written is the transport's business
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send, by the end of this turn."""
        if not self._waiting:
            self._loop.call_soon(self._flush)
        self._waiting.append(data)
        self._bytes += len(data)
        if self._bytes >= _JOINED_BYTES:
            self._flush()

    def close(self) -> None:
        """Send what waits, then close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._waiting:
            waiting, self._waiting, self._bytes = self._waiting, [], 0
            self._transport.write(b"".join(waiting))


class BoundedProtocol(H11Protocol):
    """Closes connections whose next request's head does not come in time."""

    _timer: asyncio.TimerHandle | None = None
    head_s = HEAD_S

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to count."""
        super().connection_made(_Joining(transport, self.loop))  # type: ignore[arg-type]
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Count while a head is unfinished, whoever sends parts of it."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count no more."""
        self._stop()
        super().connection_lost(exc)

    def _watch(self) -> None:
        if self.conn.their_state is not h11.IDLE:
            self._stop()
        elif self._timer is None:
            self._timer = self.loop.call_later(self.head_s, self._too_slow)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self) -> None:
        self._timer = None
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self.transport.close()
