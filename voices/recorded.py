"""Sound that a service answers with -> samples: WAV, FLAC, MP3 and bare PCM, bounded. Knows nothing of HTTP."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import av
import numpy as np

from voices.errors import EngineBusy, EngineFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

#: Forms of sound -> PyAV's name for them.
FORMS = {"wav": "wav", "flac": "flac", "mp3": "mp3", "pcm": "s16le"}

#: Longest sound in seconds: thirty minutes for one text is a fault, or an attack.
_LONGEST_S = 1800
_RATES = range(8_000, 192_001)

#: What a server writes as the length of a WAV whose end it does not know yet.
_UNKNOWN_LENGTHS = frozenset({0, 0x7FFFFFFF, 0xFFFFFFFF})


def samples_of(content: bytes, form: str, pcm_rate: int) -> tuple[NDArray[np.float32], int]:
    """Return the mono samples, in [-1, 1], and their rate in Hz; `pcm_rate` is that of bare PCM, which does not tell.

    Raises EngineBusy where the sound is visibly cut short, EngineFailed where it is none.
    """
    if form == "wav":
        _check_whole(content)
    options = {"sample_rate": str(pcm_rate), "ch_layout": "mono"} if form == "pcm" else {}
    try:
        with av.open(io.BytesIO(content), "r", format=FORMS[form], options=options) as container:
            rate = int(container.streams.audio[0].rate or 0)
            if rate not in _RATES:
                message = f"the sound has a rate of {rate} Hz"
                raise EngineFailed(message)
            blocks = list(_blocks(container, rate))
    except (av.error.FFmpegError, IndexError, ValueError) as error:
        message = f"the {form} sound cannot be decoded"
        raise EngineFailed(message) from error
    if not blocks or not any(len(block) for block in blocks):
        message = "the sound is empty"
        raise EngineFailed(message)
    samples = np.concatenate(blocks).astype(np.float32)
    if not np.all(np.isfinite(samples)):
        message = "the sound has samples that are no numbers"
        raise EngineFailed(message)
    # MP3 decodes to a little beyond full scale where the original came close to it.
    return np.clip(samples, -1.0, 1.0), rate


def _blocks(container: av.container.InputContainer, rate: int) -> Iterator[NDArray[np.float32]]:
    # Channels are averaged here: libav's own mono of two equal ones is 3 dB louder, and clips.
    resampler = av.AudioResampler("fltp", rate=rate)
    left = _LONGEST_S * rate
    for frame in container.decode(audio=0):
        for block in resampler.resample(frame):
            samples = _mono(block)
            left -= len(samples)
            if left < 0:
                message = f"the sound is longer than {_LONGEST_S / 60:.0f} minutes"
                raise EngineFailed(message)
            yield samples
    yield from map(_mono, resampler.resample(None))


def _mono(block: av.AudioFrame) -> NDArray[np.float32]:
    return np.asarray(block.to_ndarray().mean(axis=0), dtype=np.float32)


def _check_whole(content: bytes) -> None:
    """Raise EngineBusy for a WAV that ends before its header says; EngineFailed for what is no WAV.

    A connection that just closes cannot be told from a whole answer otherwise, and decoders take what is there.
    """
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        message = "the sound is no WAV, although it says so"
        raise EngineFailed(message)
    place = 12
    while place + 8 <= len(content):
        size = int.from_bytes(content[place + 4 : place + 8], "little")
        if content[place : place + 4] == b"data":
            if size not in _UNKNOWN_LENGTHS and place + 8 + size > len(content):
                message = "the sound is cut short"
                raise EngineBusy(message)
            return
        place += 8 + size + size % 2
    message = "the sound is cut short"
    raise EngineBusy(message)
