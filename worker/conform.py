"""An editor's sound file -> a jingle in storage: any format libav reads becomes mono FLAC at 44.1 kHz, checked and
levelled.

Used by the `jingle` step and by `briefcast jingles add`. Records nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from briefing.audio import MASTER_RATE
from briefing.jingles import ConformedJingle
from briefing.storage import refused
from worker.jingle import read
from worker.sound import amplitude, decibels
from worker.sound.files import write_flac
from worker.sound.loudness import measure

if TYPE_CHECKING:
    from pathlib import Path

    from briefing.show import JinglePart
    from briefing.storage import BlobStorage

#: Loudness of a stored jingle's loudest 3 s, and the highest sample it may have; so 16 bits hold all of it. A
#: programme sets its own level (`worker.music`).
_STORED_LUFS = -20.0
_PEAK_DBFS = -1.0


def conform(path: Path, part: JinglePart, storage: BlobStorage) -> ConformedJingle:
    """Return the jingle, stored. Raises JingleRefused with a reason, StorageUnavailable."""
    samples = read(path, part)
    loudest = measure([samples], MASTER_RATE).loudest_lufs
    assert loudest is not None, "silence is refused when a file is read"
    gain_db = min(_STORED_LUFS - loudest, _PEAK_DBFS - decibels(float(np.max(np.abs(samples)))))
    temporary = storage.temporary(".flac")
    try:
        write_flac(temporary, samples * np.float32(amplitude(gain_db)), MASTER_RATE)
        sha256 = storage.put(temporary)
    except OSError as error:
        message = "cannot store a jingle"
        raise refused(message, error) from error
    finally:
        temporary.unlink(missing_ok=True)
    return ConformedJingle(sha256=sha256, seconds=len(samples) / MASTER_RATE, loudness_lufs=round(loudest + gain_db, 2))
