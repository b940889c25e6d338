"""Gain, then a look-ahead limiter, sample for sample in step with the input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from worker.sound import amplitude
from worker.sound.graph import Chain, samples_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from worker.sound import Block

#: Look-ahead, and time to let go, in milliseconds: short enough to spare the next syllable, long enough not to
#: distort a low voice, whose periods last 10 ms.
_ATTACK_MS = 5
_RELEASE_MS = 60


def limited(blocks: Iterable[Block], rate: int, gain_db: float, ceiling_db: float) -> Iterator[Block]:
    """Yield the blocks `gain_db` louder, with no sample above `ceiling_db` dBFS. As many samples as came in."""
    limiter = Chain(
        rate,
        ("volume", f"volume={gain_db:.4f}dB:precision=float"),
        (
            "alimiter",
            # level=disabled: no make-up gain of its own. latency=1: its look-ahead is taken off again.
            f"limit={amplitude(ceiling_db):.6f}:attack={_ATTACK_MS}:release={_RELEASE_MS}:level=disabled:latency=1",
        ),
    )
    for block in blocks:
        for frame in limiter.push(block):
            yield samples_of(frame)
    for frame in limiter.finish():
        yield samples_of(frame)
