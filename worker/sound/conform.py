"""An editor's sound file -> a jingle in storage: any format libav reads becomes mono FLAC at 44.1 kHz, checked and
levelled, by a process with limits (`worker.sound.conforming`).

Used by the `jingle` step and by `briefcast jingles add`. Decodes nothing itself and records nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from briefing.errors import JingleRefused
from briefing.podcasts.jingles import ConformedJingle
from briefing.storage import refused

if TYPE_CHECKING:
    from pathlib import Path

    from briefing.podcasts.show import JinglePart
    from briefing.storage import BlobStorage

#: Seconds for one file; its CPU limit strikes earlier unless the machine is overloaded.
_CONFORM_S = 120


def conform(path: Path, part: JinglePart, storage: BlobStorage) -> ConformedJingle:
    """Return the jingle, stored. Raises JingleRefused with a reason, StorageUnavailable."""
    temporary = storage.temporary(".flac")
    try:
        answer = _answer(path, part, temporary)
        sha256 = storage.put(temporary)
    except OSError as error:
        message = "cannot store a jingle"
        raise refused(message, error) from error
    finally:
        temporary.unlink(missing_ok=True)
    return ConformedJingle(sha256=sha256, seconds=answer["seconds"], loudness_lufs=answer["loudness_lufs"])


def _answer(path: Path, part: JinglePart, out: Path) -> dict[str, Any]:
    """Have the child conform `path` into `out`. Raises JingleRefused, OSError."""
    command = [sys.executable, "-I", "-m", "worker.sound.conforming", str(path.resolve()), part, str(out.resolve())]
    # One thread, whatever else is asked for: numpy's own would each reserve memory that counts against the limit.
    alone = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(  # noqa: S603  our own command; the file's name is an argument, read by no shell
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_CONFORM_S, check=True, env=alone
        )
    except subprocess.SubprocessError as error:
        message = f"{path.name} could not be decoded within the limits on time and memory"
        raise JingleRefused(message, hint="Export it anew, as WAV, FLAC or MP3 at 44.1 or 48 kHz.") from error
    answer: dict[str, Any] = json.loads(done.stdout)
    if "refused" in answer:
        raise JingleRefused(answer["refused"], hint=answer["hint"])
    if "system" in answer:
        raise OSError(answer["system"])
    return answer
