"""A stream rendered piece by piece is the programme that is published, and HLS players find in it what they need."""

from __future__ import annotations

import io
import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from mutagen.id3 import ID3

from briefing.audio import MASTER_RATE
from briefing.podcasts.show import Show
from briefing.script import Role
from tests.support.audio import joined, voice_like
from tests.support.sounds import Takes, chunks_of, ring, script_of
from worker import encode, master, stitch
from worker.encode import FRAME_SAMPLES
from worker.sound.files import decoded, decoded_from
from worker.sound.jingle import Jingles
from worker.sound.level import MIX_LUFS
from worker.sound.loudness import measure
from worker.stream.pieces import TARGET_S, Stream, segments
from worker.stream.playlist import packed, playlist, segment_name
from worker.stream.render import render

SHOW = Show(slug="s", title="S")
ROLES = (Role.HEADLINE, Role.DISCLOSURE, Role.BODY, Role.BODY, Role.QUOTE, Role.BODY)


class Growing:
    """A programme whose takes come one after the other, streamed as they come."""

    def __init__(self, folder, jingles):
        self.script = script_of(*ROLES)
        self.chunks = chunks_of(self.script)
        self.takes = Takes(folder)
        for number in range(len(self.chunks)):
            self.takes.add(f"k{number}", voice_like(1.3 + number / 3, 22_050, seed=number))
        self.sounds = stitch.Sounds(jingles)
        self.whole = stitch.plan(self.script, self.chunks, self.takes.takes, SHOW, self.sounds)
        self.stream, self.frames = Stream(), []
        keys = [chunk.key for chunk in self.chunks]
        for count in range(len(keys)):
            there = {key: self.takes.takes[key] for key in keys[:count]}
            mix, sure = stitch.begun(self.script, self.chunks, there, SHOW, self.sounds)
            self.grow(mix, sure // FRAME_SAMPLES, ended=False)
        self.grow(self.whole, -(-self.whole.samples // FRAME_SAMPLES), ended=True)

    def grow(self, mix, end, *, ended):
        if end > self.stream.frames:
            self.frames += render(mix, self.takes.path_of, self.stream.frames, end, SHOW.loudness_lufs)
        self.stream = self.stream.grown(end, ended=ended)

    def heard(self):
        return joined(decoded_from(io.BytesIO(b"".join(self.frames)), "mp3", MASTER_RATE))

    def published(self, path):
        """The programme as an MP3, at the levels that a stream takes."""
        mix = stitch.sound(self.whole, self.takes.path_of)
        encode.encode(master.mastered(mix, master.Levels(SHOW.loudness_lufs - MIX_LUFS)), path)
        return joined(decoded(path, MASTER_RATE))


@pytest.mark.parametrize("jingles", [Jingles(), Jingles(opening=ring(4.8), outro=ring(3.0))], ids=["words", "music"])
def test_pieces_put_end_to_end_are_the_programme(tmp_path, jingles):
    growing = Growing(tmp_path, jingles)
    streamed, published = growing.heard(), growing.published(tmp_path / "whole.mp3")
    assert len(growing.stream.pieces) >= len(ROLES)
    assert len(growing.frames) == growing.stream.frames == -(-growing.whole.samples // FRAME_SAMPLES)
    # At the same moments: nothing is lost and nothing comes twice
    length = min(len(streamed), len(published))
    streamed, published = streamed[:length], published[:length]
    middle = slice(3 * MASTER_RATE, 5 * MASTER_RATE)
    shifted = [np.dot(np.roll(streamed, by)[middle], published[middle]) for by in range(-40, 41)]
    assert int(np.argmax(shifted)) == 40
    # But for its level the sound is the same, at the joins as elsewhere; in the first frame it comes in softly
    by = np.dot(streamed, published) / np.dot(streamed, streamed)
    assert abs(20 * np.log10(by)) < 0.6
    apart = np.abs(streamed * by - published)[FRAME_SAMPLES:]
    loud = np.abs(published).max()
    joins = [apart[max(0, (end - 2) * FRAME_SAMPLES) : end * FRAME_SAMPLES].max() for end in growing.stream.pieces[:-1]]
    assert max(joins) <= min(apart.max(), 0.06 * loud), "a click"
    # Noise, of which MP3 keeps little, is coded twice with other bits to spare
    assert np.sqrt(np.mean(apart**2)) < 0.08 * np.sqrt(np.mean(published**2))


def test_a_long_piece_is_not_held_whole(tmp_path):
    # Given a piece of three minutes, as where a worker comes late / Then a fifth of its samples is in memory at most
    script = script_of(*[Role.BODY] * 9)
    chunks, takes = chunks_of(script), Takes(tmp_path)
    for number in range(len(chunks)):
        takes.add(f"k{number}", voice_like(20, 22_050, seed=number))
    mix = stitch.plan(script, chunks, takes.takes, SHOW, stitch.Sounds())
    frames = mix.samples // FRAME_SAMPLES
    tracemalloc.start()
    rendered = sum(1 for _ in render(mix, takes.path_of, 0, frames, SHOW.loudness_lufs))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert rendered == frames
    assert most < mix.samples * 4 / 5


def test_it_is_as_loud_as_what_is_published(tmp_path):
    streamed = Growing(tmp_path, Jingles()).heard()
    assert measure([streamed], MASTER_RATE).integrated_lufs == pytest.approx(SHOW.loudness_lufs, abs=1.0)


def test_a_segment_says_when_it_is_heard():
    frame = 3_000
    tags = ID3(io.BytesIO(packed(b"\xff\xfb", frame)))
    (stamp,) = tags.getall("PRIV")
    assert stamp.owner == "com.apple.streaming.transportStreamTimestamp"
    assert int.from_bytes(stamp.data) == round(frame * FRAME_SAMPLES / MASTER_RATE * 90_000)
    # Of 33 bits, as MPEG's clock has
    around = -(-(1 << 33) * MASTER_RATE // (FRAME_SAMPLES * 90_000))
    (stamp,) = ID3(io.BytesIO(packed(b"", around))).getall("PRIV")
    assert int.from_bytes(stamp.data) < 90_000


def test_the_playlist_only_grows_and_its_durations_are_right():
    one = Stream().grown(100, ended=False)
    two = one.grown(100, ended=False).grown(419, ended=True)
    assert two.pieces == (100, 419)
    assert playlist(two).startswith(playlist(one))
    lines = playlist(two).decode().splitlines()
    assert lines[-1] == "#EXT-X-ENDLIST"
    durations = [float(line[8:].rstrip(",")) for line in lines if line.startswith("#EXTINF:")]
    assert sum(durations) == pytest.approx(419 * FRAME_SAMPLES / MASTER_RATE, abs=1e-4)
    assert max(durations) <= TARGET_S
    found = list(segments(two))
    assert all(before[1] == after[0] for before, after in pairwise(found))
    assert [line for line in lines if line.endswith(".mp3")] == [segment_name(start, end) for start, end in found]
