"""Mix -> mastered blocks: the programme's loudness, and a ceiling for its peaks. Two passes over the stream.

Measure, then one gain for the whole programme, then a look-ahead limiter: level differences the mix has are kept. What
the MP3 encoder adds to the peaks is checked after encoding, by the caller, who may come again with a lower ceiling.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefing.audio import MASTER_RATE
from worker.sound.limit import limited
from worker.sound.loudness import measure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from worker.sound import Block

#: Part of every master key: rises with whatever changes how a mix is mastered.
VERSION = 2

#: Highest sample before encoding in dBFS: MP3 at 96 kbit/s added up to 0.15 dB of true peak on the sample articles, and
#: the promise is -1 dBTP.
CEILING_DBFS = -1.7

#: A decibel more of gain made the limited programme 0.75 LU louder on the samples, as the limiter takes the rest back.
_GAIN_PER_LU = 1 / 0.75

#: A programme that would need more gain than this is noise or silence, not speech.
_MOST_GAIN_DB = 30.0


@dataclass(frozen=True)
class Levels:
    """How a mix becomes a master."""

    gain_db: float
    ceiling_dbfs: float

    def corrected(self, loudness_lu: float, peak_db: float) -> Levels:
        """Return levels with `loudness_lu` more loudness and `peak_db` less peak."""
        gain_db = min(self.gain_db + loudness_lu * _GAIN_PER_LU, _MOST_GAIN_DB)
        return Levels(gain_db, self.ceiling_dbfs - peak_db)


def choose_levels(stream: Callable[[], Iterator[Block]], mix_lufs: float, target_lufs: float) -> Levels:
    """Return the levels that bring a mix to `target_lufs`. `mix_lufs` is the loudness its parts were set to.

    The limiter takes some loudness away, so the stream is measured behind it and the gain raised by what is missing.
    """
    first = Levels(target_lufs - mix_lufs, CEILING_DBFS)
    measured = measure(mastered(stream(), first), MASTER_RATE).integrated_lufs
    if measured is None:
        return first
    return first.corrected(target_lufs - measured, 0.0)


def mastered(blocks: Iterator[Block], levels: Levels) -> Iterator[Block]:
    """Yield the blocks at their final level, as many samples as came in."""
    return limited(blocks, MASTER_RATE, levels.gain_db, levels.ceiling_dbfs)
