"""The process that decodes an uploaded sound file: FILE PART OUT as arguments, its jingle written to OUT as FLAC.

Runs under limits on memory, CPU and file size that it sets before it loads a decoder, so that a hostile file costs
this process and no other. Opens FILE and OUT and nothing else.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

from briefing.errors import JingleRefused

if TYPE_CHECKING:
    from briefing.podcasts.show import JinglePart

#: Address space in bytes: libraries take 0.7 GB of it, a bed of two minutes a tenth of that.
_MEMORY = 1_500_000_000

#: Seconds of CPU; the longest bed takes two.
_CPU_S = 30

#: Bytes of the FLAC file: two minutes of noise are 11 MB.
_FILE = 50_000_000

#: Loudness of a stored jingle's loudest 3 s, and the highest sample it may have; so 16 bits hold all of it. A
#: programme sets its own level (`worker.sound.music`).
_STORED_LUFS = -20.0
_PEAK_DBFS = -1.0


def main() -> None:
    """Write {"seconds", "loudness_lufs"}, {"refused", "hint"} or {"system"} to standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE, _FILE))
    path, part, out = sys.argv[1:]
    try:
        answer: dict[str, object] = _conformed(Path(path), cast("JinglePart", part), Path(out))
    except JingleRefused as refused:
        answer = {"refused": refused.message, "hint": refused.hint}
    except OSError as error:
        answer = {"system": str(error)}
    json.dump(answer, sys.stdout)


def _conformed(path: Path, part: JinglePart, out: Path) -> dict[str, object]:
    import numpy as np  # noqa: PLC0415  after the limits, as all of these

    from briefing.audio import MASTER_RATE  # noqa: PLC0415
    from worker.sound import amplitude, decibels  # noqa: PLC0415
    from worker.sound.files import write_flac  # noqa: PLC0415
    from worker.sound.jingle import read  # noqa: PLC0415
    from worker.sound.loudness import measure  # noqa: PLC0415

    samples = read(path, part)
    loudest = measure([samples], MASTER_RATE).loudest_lufs
    assert loudest is not None, "silence is refused when a file is read"
    gain_db = min(_STORED_LUFS - loudest, _PEAK_DBFS - decibels(float(np.max(np.abs(samples)))))
    write_flac(out, samples * np.float32(amplitude(gain_db)), MASTER_RATE)
    return {"seconds": len(samples) / MASTER_RATE, "loudness_lufs": round(loudest + gain_db, 2)}


if __name__ == "__main__":
    main()
