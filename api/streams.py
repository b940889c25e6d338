"""How many streams of events a key may hold open, so that no caller takes every connection."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from fastapi.responses import StreamingResponse

from api.problems import Problem

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Receive, Scope, Send

#: Streams of one key at a time: a desk of editors behind one key, each with a few briefings before them.
MOST = 100

#: Seconds after which a caller with too many may try again.
_RETRY_AFTER_S = 10


class OpenStreams:
    """Counts open streams by key. For one event loop, which runs one line at a time."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._open: Counter[str] = Counter()

    def stream(self, key_id: str, events: AsyncIterator[str]) -> StreamingResponse:
        """Return the response that sends `events`. Raises Problem for a key that has too many open."""
        if self._open[key_id] >= self._most:
            detail = f"this key has {self._most} streams of events open"
            headers = {"Retry-After": str(_RETRY_AFTER_S)}
            raise Problem("too_many_streams", detail, "Close those that nobody reads.", headers)
        self._open[key_id] += 1
        return _Counted(self, key_id, events)

    def closed(self, key_id: str) -> None:
        """Note that a stream has ended."""
        self._open[key_id] -= 1
        if not self._open[key_id]:
            del self._open[key_id]


class _Counted(StreamingResponse):
    """A stream that says when it has ended, however that came about."""

    def __init__(self, streams: OpenStreams, key_id: str, events: AsyncIterator[str]) -> None:
        super().__init__(events, media_type="text/event-stream", headers={"Cache-Control": "no-store"})
        self._streams, self._key_id = streams, key_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send, then count no longer."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._streams.closed(self._key_id)
