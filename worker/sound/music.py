"""Music and a voice become one sound: where jingles play, how loud, and how they give way to the words.

Streams: outside the spans of music the voice passes untouched; inside, a second and a half is in hand at a time. Does
not know what a script is; `worker.stitch` says where spans lie.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from briefing.audio import MASTER_RATE
from worker.sound.duck import AHEAD_MS, FRAME_MS, SideChain
from worker.sound.jingle import overlaid
from worker.sound.level import MIX_LUFS
from worker.sound.loudness import momentary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from briefing.podcasts.show import JinglePart
    from worker.sound import Block
    from worker.sound.jingle import Jingle

#: Music's loudest 3 s stand this much above the voice's own loudness: the voice's loudest 3 s do as well.
_ABOVE_VOICE_LU = 0.2

#: What is heard alone of an opening is lifted to the voice from as far below the whole as this, and no further: a swell
#: begins softly, and the hiss before it is not to be heard as music.
_MOST_LIFTED_LU = 12.0

#: A bed stands this much below the voice while nobody speaks.
_BED_BELOW_LU = 15.0

#: Under words, music's loudest 0.4 s stand this much below the voice: 18 are promised (after WCAG 1.4.7, which asks
#: for 20 dB on average), and the side chain is a little late after a sudden word.
_UNDER_WORDS_LU = 19.5

#: Fades of what is cut short or looped, in milliseconds.
_FADE_OUT_MS = 900
_BED_FADE_MS = 800

_FRAME = MASTER_RATE * FRAME_MS // 1000
_AHEAD = MASTER_RATE * AHEAD_MS // 1000
_WINDOW = 150 * _FRAME


@dataclass(frozen=True)
class MusicSpan:
    """Where a jingle plays in the programme."""

    kind: JinglePart
    jingle: Jingle
    start: int
    end: int
    """Samples of the master, [start, end)."""

    @property
    def sha256(self) -> str:
        """Of the jingle's file."""
        return self.jingle.sha256


def with_music(voice: Iterable[Block], spans: Sequence[MusicSpan]) -> Iterator[Block]:
    """Yield the voice with the music of `spans` laid over it, as many samples as came in; it must last to their end."""
    stream = _Stream(voice)
    for start, end, members in _zones(spans):
        yield from stream.until(start)
        chain = SideChain(MASTER_RATE, MIX_LUFS)
        layers = [_Layer(span, _at_once(span, members)) for span in members]
        for position in range(start, end, _WINDOW):
            length = min(_WINDOW, end - position)
            words = stream.take(length)
            presence = chain.follow(_whole_frames(words), stream.ahead(_AHEAD))[:length]
            music = sum((layer.render(position, presence) for layer in layers), np.zeros(length, dtype=np.float32))
            yield overlaid(words, music)
    yield from stream.rest()


def _zones(spans: Sequence[MusicSpan]) -> Iterator[tuple[int, int, list[MusicSpan]]]:
    """Yield stretches with music, and what plays in each; spans that overlap share one."""
    members: list[MusicSpan] = []
    for span in sorted(spans, key=lambda span: span.start):
        if members and span.start >= max(member.end for member in members):
            yield members[0].start, max(member.end for member in members), members
            members = []
        members.append(span)
    if members:
        yield members[0].start, max(member.end for member in members), members


def _at_once(span: MusicSpan, members: Sequence[MusicSpan]) -> int:
    """Return how many of `members` sound at the same time while `span` does, itself among them, at most."""
    together = [member for member in members if member.start < span.end and span.start < member.end]
    begun = [max(span.start, member.start) for member in together]
    return max(sum(member.start <= start < member.end for member in together) for start in begun)


def _whole_frames(block: Block) -> Block:
    return np.pad(block, (0, -len(block) % _FRAME))


class _Layer:
    """A span's music, at its level."""

    def __init__(self, span: MusicSpan, at_once: int) -> None:
        self._span = span
        self._length = span.end - span.start
        jingle, bed = span.jingle, span.kind == "bed"
        opens = span.kind in {"intro", "mark", "transition"}
        if bed:
            self._gain_db = MIX_LUFS - _BED_BELOW_LU - jingle.loudest_lufs
        else:
            alone = max(jingle.alone_lufs, jingle.loudest_lufs - _MOST_LIFTED_LU) if opens else jingle.loudest_lufs
            self._gain_db = MIX_LUFS + _ABOVE_VOICE_LU - alone
        # What of it can be heard, to its end; a bed goes round.
        self._heard = jingle.samples if bed else np.pad(jingle.samples, (0, self._length))[: self._length]
        under = jingle.samples if bed else self._heard[jingle.voice_in :]
        loudest = float(momentary(under, MASTER_RATE).max(initial=-np.inf)) + self._gain_db
        # What sounds together shares what may lie under words.
        self._depth_db = max(0.0, loudest - (MIX_LUFS - _UNDER_WORDS_LU - 10 * math.log10(at_once)))
        # From the first words on, pauses hold no more than what is heard alone, however the music swells there.
        self._held_db = max(0.0, loudest - (MIX_LUFS + _ABOVE_VOICE_LU)) if opens else 0.0

    def render(self, position: int, presence: Block) -> Block:
        """Return the music from `position` of the programme on, as the voice's presence allows."""
        at = np.arange(position, position + len(presence)) - self._span.start
        held_db = self._held_db * np.clip((at - self._span.jingle.voice_in) / _AHEAD + 1, 0, 1)
        gains = 10 ** ((self._gain_db - np.maximum(self._depth_db * presence, held_db)) / 20)
        return np.asarray(self._heard[at % len(self._heard)] * gains * self._faded(at), dtype=np.float32)

    def _faded(self, at: NDArray[np.int64]) -> Block:
        bed = self._span.kind == "bed"
        fade_out = min(MASTER_RATE * (_BED_FADE_MS if bed else _FADE_OUT_MS) // 1000, self._length // 2)
        cut = bed or len(self._span.jingle.samples) > self._length
        fade = np.ones(len(at), dtype=np.float32)
        if cut:
            fade *= np.clip((self._length - at) / fade_out, 0, 1)
        if bed:
            fade *= np.clip(at / fade_out, 0, 1)
        return np.where((at >= 0) & (at < self._length), fade, np.float32(0))


class _Stream:
    """A stream of blocks that can be read by count, and looked into ahead."""

    def __init__(self, blocks: Iterable[Block]) -> None:
        self._blocks = iter(blocks)
        self._held: deque[Block] = deque()
        self._length = 0
        self._position = 0

    def until(self, position: int) -> Iterator[Block]:
        """Yield all blocks up to a position."""
        while self._position < position:
            self._fill(1)
            yield self.take(min(position - self._position, len(self._held[0])))

    def take(self, samples: int) -> Block:
        """Return the next samples."""
        taken = self.ahead(samples)
        left = len(taken)
        while left:
            block = self._held.popleft()
            if len(block) > left:
                self._held.appendleft(block[left:])
            left -= min(left, len(block))
        self._length -= len(taken)
        self._position += len(taken)
        return taken

    def ahead(self, samples: int) -> Block:
        """Return the next samples without taking them; fewer at the end."""
        self._fill(samples)
        parts, length = [], 0
        for block in self._held:
            parts.append(block[: samples - length])
            length += len(parts[-1])
            if length == samples:
                break
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)

    def rest(self) -> Iterator[Block]:
        """Yield all that is left."""
        yield from self._held
        yield from self._blocks

    def _fill(self, samples: int) -> None:
        while self._length < samples and (block := next(self._blocks, None)) is not None:
            self._held.append(block)
            self._length += len(block)
