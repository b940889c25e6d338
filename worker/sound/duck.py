"""The side chain: how present a voice is, moment by moment, so that music can give way to it.

Follows the voice's envelope with look-ahead: music is down before a word begins, waits through the gaps between
words, and comes back in a pause. Knows nothing of what the music is or how far it goes down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from worker.sound import Block

#: The voice is looked at in frames of 10 ms; blocks are whole frames long.
FRAME_MS = 10

#: Music goes down within this time before the first sound of a word, in milliseconds.
AHEAD_MS = 150

#: It waits for so long after the last, and is back this much later: gaps between words are shorter, pauses longer.
_HOLD_MS = 150
_RELEASE_MS = 600

#: A frame is speech this far below the voice's loudness: quieter are room, breath, and the ends of words.
_SPEECH_LU = 22.0

#: LUFS as dual mono are 3 dB more than the level of a mono frame.
_DUAL_MONO_DB = 3.0


class SideChain:
    """Follows one stream of a voice at `voice_lufs`."""

    def __init__(self, rate: int, voice_lufs: float) -> None:
        self._frame = rate * FRAME_MS // 1000
        self._threshold = 10 ** ((voice_lufs - _SPEECH_LU - _DUAL_MONO_DB) / 10)
        self._presence = 0.0
        self._quiet_frames = _HOLD_MS // FRAME_MS

    def follow(self, voice: Block, ahead: Block) -> Block:
        """Return the voice's presence over `voice`, 0 to 1 a sample, shape as `voice`.

        `voice` is whole frames and continues what was followed before; `ahead` is what comes after it, AHEAD_MS if
        there is as much.
        """
        coming = self._coming(voice, ahead)
        points = [self._presence]
        for speaks in coming:
            self._quiet_frames = 0 if speaks else self._quiet_frames + 1
            if self._quiet_frames <= _HOLD_MS // FRAME_MS:
                self._presence = min(1.0, self._presence + FRAME_MS / AHEAD_MS)
            else:
                self._presence = max(0.0, self._presence - FRAME_MS / _RELEASE_MS)
            points.append(self._presence)
        at = np.arange(len(points)) * self._frame
        return np.interp(np.arange(len(voice)), at, points).astype(np.float32)

    def _coming(self, voice: Block, ahead: Block) -> list[bool]:
        """Tell for each frame of `voice` whether it or one within the look-ahead is speech."""
        frames = len(voice) // self._frame
        both = np.concatenate((voice, ahead))
        whole = both[: len(both) // self._frame * self._frame].reshape(-1, self._frame)
        speech = np.mean(np.square(whole, dtype=np.float64), axis=1) > self._threshold
        window = AHEAD_MS // FRAME_MS + 1
        near = np.convolve(speech, np.ones(window))[window - 1 :] > 0
        return [bool(frame) for frame in near[:frames]]
