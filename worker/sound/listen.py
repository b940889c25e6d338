"""Listens to an MP3 while it is being written: decodes it as an app will, in a thread of its own, and measures it.

When the last byte is written, all but the end has been heard, so the check costs hardly any time. What the file says of
itself (its length) is read from the finished file.
"""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING, Self

import av
from av.error import FFmpegError

from briefing.audio import MASTER_RATE
from worker.sound.files import UnreadableSound, decoded_from
from worker.sound.loudness import Loudness, Meter
from worker.sound.threads import Channel

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType


class Listener:
    """Hears one MP3. `feed` it the audio frames, then ask what it `heard`; used as a context."""

    def __init__(self) -> None:
        self._channel: Channel[bytes] = Channel()
        self._meter = Meter(MASTER_RATE, true_peak=True)
        self._failed: Exception | None = None
        self._samples = 0
        self._thread = threading.Thread(target=self._listen, name="listener", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening, whatever happened."""
        self._channel.leave()
        self._channel.close()
        self._thread.join()

    def feed(self, content: bytes) -> None:
        """Hand on the file's next bytes, the header frame left out."""
        if content:
            self._channel.put(content)

    def heard(self) -> tuple[Loudness, int]:
        """Return what was measured, and how many samples were decoded, the encoder's own silence included.

        Raises UnreadableSound.
        """
        self._channel.close()
        self._thread.join()
        if self._failed is not None:
            message = f"the MP3 cannot be decoded: {self._failed}"
            raise UnreadableSound(message) from self._failed
        return self._meter.result(), self._samples

    def _listen(self) -> None:
        try:
            for block in decoded_from(_Reader(self._channel), "mp3", MASTER_RATE):
                self._samples += len(block)
                self._meter.push(block)
        except Exception as error:  # noqa: BLE001  told by `heard`
            self._failed = error
        finally:
            self._channel.leave()


class _Reader(io.RawIOBase):
    """The bytes of a channel as a file that can only be read on."""

    def __init__(self, channel: Channel[bytes]) -> None:
        self._parts = iter(channel)
        self._rest = b""

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes; none at the end."""
        while not self._rest:
            part = next(self._parts, None)
            if part is None:
                return b""
            self._rest = part
        size = len(self._rest) if size < 0 else size
        found, self._rest = self._rest[:size], self._rest[size:]
        return found


def stated_samples(path: Path) -> int:
    """Return how many samples an app will play of the MP3 at `path`, by its header. Raises UnreadableSound."""
    try:
        with av.open(str(path)) as container:
            stream = container.streams.audio[0]
            if stream.duration is None or stream.time_base is None:
                message = "the MP3 has no header that says its length"
                raise UnreadableSound(message)
            return round(stream.duration * stream.time_base * stream.rate)
    except FFmpegError as error:
        message = f"the MP3 cannot be opened: {error}"
        raise UnreadableSound(message) from error
