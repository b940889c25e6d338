"""What the sound stages share: resampling, loudness, limiting, decoding, FLAC. Streams throughout.

A block is a mono float32 array of shape [n] in [-1, 1] (beyond it only inside a mix). Knows nothing of takes,
jingles or scripts.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Block: TypeAlias = NDArray[np.float32]

#: Samples per block where we choose: 1.5 s at 44.1 kHz, small against memory and large against call overhead.
BLOCK_SAMPLES = 65_536


def decibels(ratio: float) -> float:
    """Return an amplitude ratio in dB; minus infinity for 0."""
    return float(20 * np.log10(ratio)) if ratio > 0 else float("-inf")


def amplitude(db: float) -> float:
    """Return dB as an amplitude ratio."""
    return float(10 ** (db / 20))
