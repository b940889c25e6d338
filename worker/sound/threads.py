"""Two stages of a stream at once: what makes blocks and what takes them each get a core. Bounded in memory.

libav and LAME let go of Python's lock while they work, so a thread is enough.
"""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_Item = TypeVar("_Item")

#: Items that wait between two threads: blocks are a second and a half long, so this is some megabytes.
_DEPTH = 8

#: Seconds between two looks whether the other side is still there.
_LOOK_S = 0.2


class Channel(Generic[_Item]):
    """Items from one thread to another. Either side may leave; the other notices."""

    def __init__(self) -> None:
        self._items: queue.Queue[_Item] = queue.Queue(_DEPTH)
        self._closed = threading.Event()
        self._left = threading.Event()

    def put(self, item: _Item) -> bool:
        """Hand on an item; False when nobody takes any more."""
        while not self._left.is_set():
            try:
                self._items.put(item, timeout=_LOOK_S)
            except queue.Full:
                continue
            return True
        return False

    def close(self) -> None:
        """Say that no more comes."""
        self._closed.set()

    def leave(self) -> None:
        """Say that no more is wanted."""
        self._left.set()

    def __iter__(self) -> Iterator[_Item]:
        """Yield the items until the other side closes."""
        while True:
            try:
                yield self._items.get(timeout=0.01 if self._closed.is_set() else _LOOK_S)
            except queue.Empty:
                if self._closed.is_set() and self._items.empty():
                    return


def ahead(blocks: Iterable[_Item]) -> Iterator[_Item]:
    """Yield what `blocks` yields, made in a thread of its own a little ahead. Raises what it raises."""
    channel: Channel[_Item] = Channel()
    failed: list[BaseException] = []

    def work() -> None:
        try:
            for block in blocks:
                if not channel.put(block):
                    return
        except BaseException as error:  # noqa: BLE001  raised again where the blocks are taken
            failed.append(error)
        finally:
            channel.close()

    thread = threading.Thread(target=work, name="ahead", daemon=True)
    thread.start()
    try:
        yield from channel
        thread.join()
        if failed:
            raise failed[0]
    finally:
        channel.leave()
        thread.join()
