"""Sound for tests, and measurements of it that do not come from the code under test."""

from __future__ import annotations

import numpy as np


def voice_like(seconds, rate, level=0.1, seed=1):
    """Noise shaped like speech: low-passed, in syllables of a fifth of a second, each of its own colour.

    Shape [n], float32.
    """
    rng = np.random.default_rng(seed)
    noise = np.convolve(rng.standard_normal(round(seconds * rate)), np.ones(12) / 12, mode="same")
    time = np.arange(len(noise)) / rate
    syllables = np.clip(np.sin(2 * np.pi * 2.5 * time) + 0.4, 0.02, 1)
    hertz = rng.uniform(150, 3500, size=int(2.5 * seconds) + 2)
    noise = noise * (0.5 + np.cos(2 * np.pi * hertz[((2.5 * time) + 0.25).astype(int)] * time))
    return (noise * syllables * level / np.sqrt(np.mean(noise**2))).astype(np.float32)


def blocks_of(samples, size=10_000):
    """The samples in blocks, as a stage gets them."""
    for start in range(0, len(samples), size):
        yield samples[start : start + size]


def joined(blocks):
    """All blocks as one array."""
    return np.concatenate([*blocks, np.zeros(0, dtype=np.float32)])


def tone(hertz, seconds, rate, level=0.1):
    """A sine. Shape [n], float32."""
    return (level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)
