"""Mix -> mastered blocks: the programme's loudness, and a ceiling for its peaks.

One gain for the whole programme, then a look-ahead limiter: level differences the mix has are kept. Every take comes
at the mix's loudness, so a minute of them tells how much gain the limiter takes back, and one pass over the programme
is enough. What the MP3 then measures is checked by the caller, who may come again with what came out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefing.audio import MASTER_RATE
from worker.sound.limit import limited
from worker.sound.loudness import measure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from worker.sound import Block

#: Part of every master key: rises with whatever changes how a mix is mastered.
VERSION = 3

#: Highest sample before encoding in dBFS: MP3 at 96 kbit/s added up to 0.15 dB of true peak on the sample articles, and
#: the promise is -1 dBTP.
CEILING_DBFS = -1.7

#: A decibel more of gain made the limited programme 0.75 LU louder on the samples, as the limiter takes the rest
#: back; what two tries show counts instead, within these bounds.
_LU_PER_DB = 0.75
_LEAST_LU_PER_DB, _MOST_LU_PER_DB = 0.25, 1.0

#: How much below the ceiling a try aims that went over it.
_PEAK_MARGIN_DB = 0.3

#: A programme that would need more gain than this is noise or silence, not speech.
_MOST_GAIN_DB = 30.0


@dataclass(frozen=True)
class Levels:
    """How a mix becomes a master."""

    gain_db: float
    ceiling_dbfs: float = CEILING_DBFS


def choose_levels(streams: Iterable[Iterable[Block]], mix_lufs: float, target_lufs: float) -> Levels:
    """Return the levels that bring a mix to `target_lufs`. `mix_lufs` is the loudness its parts were set to.

    The limiter takes some loudness away, so the first of `streams` that can be measured is, behind it, and the gain
    raised by what is missing.
    """
    first = Levels(target_lufs - mix_lufs)
    for stream in streams:
        measured = measure(mastered(stream, first), MASTER_RATE).integrated_lufs
        if measured is not None:
            return better([(first, measured, -math.inf)], target_lufs, 0.0)
    return first


def better(tried: Sequence[tuple[Levels, float, float]], target_lufs: float, ceiling_dbtp: float) -> Levels:
    """Return levels that come closer than those tried, each with the loudness and true peak that came of it."""
    levels, lufs, peak = tried[-1]
    slope = _LU_PER_DB
    if len(tried) > 1 and abs(levels.gain_db - tried[-2][0].gain_db) > 0.05:  # noqa: PLR2004  less tells nothing
        slope = (lufs - tried[-2][1]) / (levels.gain_db - tried[-2][0].gain_db)
    gain = levels.gain_db + (target_lufs - lufs) / min(max(slope, _LEAST_LU_PER_DB), _MOST_LU_PER_DB)
    over = peak - ceiling_dbtp
    ceiling = levels.ceiling_dbfs - (over + _PEAK_MARGIN_DB if over > 0 else 0.0)
    return Levels(min(gain, _MOST_GAIN_DB), ceiling)


def mastered(blocks: Iterable[Block], levels: Levels) -> Iterator[Block]:
    """Yield the blocks at their final level, as many samples as came in."""
    return limited(blocks, MASTER_RATE, levels.gain_db, levels.ceiling_dbfs)
