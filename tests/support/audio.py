"""Sound for tests, and measurements of it that do not come from the code under test."""

from __future__ import annotations

import numpy as np


def voice_like(seconds, rate, level=0.1, seed=1):
    """Noise shaped like speech: low-passed, in syllables of a fifth of a second. Shape [n], float32."""
    rng = np.random.default_rng(seed)
    noise = np.convolve(rng.standard_normal(round(seconds * rate)), np.ones(12) / 12, mode="same")
    time = np.arange(len(noise)) / rate
    syllables = np.clip(np.sin(2 * np.pi * 2.5 * time) + 0.4, 0.02, 1)
    return (noise * syllables * level / np.sqrt(np.mean(noise**2))).astype(np.float32)


def speech_like(seconds, rate, level=0.1, seed=1):
    """The same with a colour of its own for each syllable, as a judge of takes wants to hear. Shape [n], float32."""
    rng = np.random.default_rng(seed)
    noise = np.convolve(rng.standard_normal(round(seconds * rate)), np.ones(80) / 80, mode="same")
    time = np.arange(len(noise)) / rate
    syllables = np.clip(np.sin(2 * np.pi * 2.5 * time) + 0.4, 0.02, 1)
    syllable = (2.5 * time + 0.25).astype(int)
    low, high = (rng.permutation(np.linspace(*reach, syllable[-1] + 1)) for reach in ((200, 1500), (1500, 5000)))
    noise = noise * (np.cos(2 * np.pi * low[syllable] * time) + 0.5 * np.cos(2 * np.pi * high[syllable] * time))
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
